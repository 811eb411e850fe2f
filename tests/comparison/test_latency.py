"""What a latency is of: a backend that has settled, though backends take turns."""

from __future__ import annotations

from typing import Any

import pytest
from networks import small_network

from bnn_zoo.comparison import latency
from bnn_zoo.comparison.latency import measure_latency
from bnn_zoo.deploy import timing


class Machine:
    """Stand-ins for backends: a run takes 1 ms, and 4 ms if another backend ran before it."""

    def __init__(self) -> None:
        self.now, self.warm = 0.0, ""

    def compile(self, model: Any, backend: str, threads: int | None) -> Any:
        machine = self
        if backend == "lce":
            raise RuntimeError("no such layer\nand more")

        class Runtime:
            def predict(self, images: Any) -> None:
                machine.now += 1e-3 if machine.warm == backend else 4e-3
                machine.warm = backend

        return Runtime()


def test_what_another_backend_did_before_a_run_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine()
    monkeypatch.setattr(latency, "compile", machine.compile)
    monkeypatch.setattr(timing, "perf_counter", lambda: machine.now)
    rounds = []
    backends = ["openvino", "lce", "keras"]
    found, notes = measure_latency("small", small_network(), backends, threads=1, repeats=3, tick=lambda: rounds.append(1))
    assert [(entry.backend, entry.repeats) for entry in found] == [("openvino", 3), ("keras", 3)]
    assert [entry.milliseconds for entry in found] == pytest.approx([1.0, 1.0])
    assert notes == ("not measured on lce: no such layer",) and len(rounds) == 3
