"""The bar in a terminal: which network, and how far its measurement is."""

from __future__ import annotations

from typing import Any

import pytest
import rich.console
from networks import small_network

import bnn_zoo


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rich.console.Console, "is_terminal", True)


def test_what_is_measured_has_a_bar_and_leaves_nothing(capsys: Any) -> None:
    bnn_zoo.compare([small_network(name="one"), small_network(name="two")], latency=["keras"], repeats=5)
    shown = capsys.readouterr().err
    assert "one: latency" in shown and "two: latency" in shown
    assert "\x1b[2K" in shown.rpartition("two: latency")[2], "the last bar is wiped away"


def test_nothing_is_shown_of_what_takes_no_time(capsys: Any) -> None:
    bnn_zoo.compare()
    bnn_zoo.compare(small_network(), latency=["keras"], repeats=3, progress=False)
    assert "networks" not in capsys.readouterr().err
