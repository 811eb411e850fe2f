"""What a notebook shows: pictures without pyplot, and no warnings in place of a bar."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import rich.console
from matplotlib.figure import Figure

import bnn_zoo
from bnn_zoo.comparison.progress import progress_bar
from bnn_zoo.guide.plots import plot_experiments
from bnn_zoo.guide.results import read_results
from bnn_zoo.training.curve import plot_log


def test_a_plot_is_a_picture() -> None:
    figure: Any = bnn_zoo.compare(["birealnet", "quicknet"]).plot()
    assert isinstance(figure, Figure)
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_ipython_shows_the_picture_where_pyplot_never_was() -> None:
    formatters = pytest.importorskip("IPython.core.formatters")
    shown, _ = formatters.DisplayFormatter().format(bnn_zoo.compare(["birealnet", "quicknet"]).plot())
    assert "image/png" in shown


@pytest.mark.parametrize(
    ("what", "draw"),
    [
        ("a plot", lambda: bnn_zoo.compare(["birealnet", "quicknet"]).plot()),
        ("results", lambda: plot_experiments(read_results())),
        ("a curve", lambda: plot_log("log.csv", "curve.png")),
    ],
)
def test_without_matplotlib_it_is_said_what_to_install(
    what: str, draw: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "bnn_zoo._shown_figure", None)
    with pytest.raises(ImportError, match=f"^drawing {what} needs matplotlib: pip install matplotlib$"):
        draw()


@pytest.fixture
def jupyter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rich.console, "_is_jupyter", lambda: True)


def test_without_ipywidgets_no_bar_and_no_warning(jupyter: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with progress_bar(True, 2) as bar:
            bar.next("one")
            bar.start("one: latency", 3)
            bar.advance()
            assert not bar._display.live.is_started


def test_with_ipywidgets_there_is_a_bar(jupyter: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bnn_zoo.comparison.progress.find_spec", lambda name: name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the widgets, which only seem to be there
        with progress_bar(True, 2) as bar:
            assert bar._display.live.is_started
        with progress_bar(False, 2) as bar:
            assert not bar._display.live.is_started
