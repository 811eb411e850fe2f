"""Plots: what is drawn, on which axes, and that no name hides another."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path
from typing import Any

import pytest
from matplotlib.text import Annotation, Text
from networks import CLASSIC

import bnn_zoo
from bnn_zoo.comparison.column import find_column
from bnn_zoo.comparison.columns import COLUMNS
from bnn_zoo.comparison.plot import comparable, helps_log
from bnn_zoo.comparison.result import Comparison
from bnn_zoo.comparison.row import Accuracy


def names_of(figure: Any) -> list[Annotation]:
    return [text for text in figure.axes[0].texts if isinstance(text, Annotation)]


def test_networks_front_and_axes(tmp_path: Path) -> None:
    figure = bnn_zoo.compare(CLASSIC).plot("operations", "top1", tmp_path / "plot.png")
    (axes,) = figure.axes
    assert axes.get_xscale() == "log" and axes.get_yscale() == "linear"
    assert axes.get_xlabel() == "OPs" and axes.get_ylabel() == "top-1, % (ImageNet)"
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
    assert {text.get_text() for text in names_of(figure)} == set(CLASSIC) - {"binarynet"}
    assert "binarynet" in axes.get_title(loc="right"), "an accuracy on CIFAR-10 does not stand beside those on ImageNet"
    front = axes.collections[0].get_offsets()
    assert [tuple(point)[1] for point in front] == [59.4, 63.3, 66.9], "the three QuickNets"


def test_without_an_accuracy_all_networks_are_drawn() -> None:
    figure = bnn_zoo.compare().plot("macs", "size_mib", log=False)
    assert len(names_of(figure)) == len(bnn_zoo.list_models()) and figure.axes[0].get_xscale() == "linear"


@pytest.mark.parametrize("x", ["size_mib", "operations", "peak_activation_mib"])
def test_names_do_not_hide_each_other_nor_points(x: str) -> None:
    found = bnn_zoo.compare()
    figure = found.plot(x)
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    boxes = [Text.get_window_extent(text, renderer) for text in names_of(figure)]
    for one, other in itertools.combinations(boxes, 2):
        assert not (one.x0 < other.x1 - 1 and other.x0 < one.x1 - 1 and one.y0 < other.y1 - 1 and other.y0 < one.y1 - 1)
    for text in names_of(figure):
        for dot in figure.axes[0].transData.transform([other.xy for other in names_of(figure)]):
            assert not Text.get_window_extent(text, renderer).contains(*dot), text.get_text()


@pytest.mark.parametrize(("signs", "shown"), [(r"$\frac{ $", r"$\frac{ $"), ("w\udce4", r"w\udce4")])
def test_names_are_drawn_with_dollar_signs_and_what_is_no_utf8(signs: str, shown: str, tmp_path: Path) -> None:
    rows = [dataclasses.replace(row, name=f"{row.name} {signs}") for row in bnn_zoo.compare(["birealnet", "quicknet", "binarynet"])]
    own = [dataclasses.replace(row, published=Accuracy(50.0, None, signs, "me")) for row in rows[:2]]
    figure = Comparison((*own, rows[2])).plot(path=tmp_path / "plot.png")
    assert {text.get_text() for text in names_of(figure)} == {f"birealnet {shown}", f"quicknet {shown}"}
    assert shown in figure.axes[0].get_ylabel() and shown in figure.axes[0].get_title(loc="right")


def test_one_network_alone_gets_its_name() -> None:
    figure = bnn_zoo.compare("quicknet").plot()
    assert [text.get_text() for text in names_of(figure)] == ["quicknet"]


def test_mistakes() -> None:
    found = bnn_zoo.compare(["birealnet", "quicknet"])
    with pytest.raises(ValueError, match="Did you mean operations"):
        found.plot("operation")
    with pytest.raises(ValueError, match="holds words"):
        found.plot("name")
    with pytest.raises(ValueError, match="no column 'latency_openvino'"):
        found.plot("latency_openvino")


def test_what_is_comparable() -> None:
    found = bnn_zoo.compare(["birealnet", "quicknet", "binarynet"])
    size, top1 = find_column("size_mib", COLUMNS), find_column("top1", COLUMNS)
    shown, data_set, others = comparable(found.rows, size, top1)
    assert [row.name for row in shown] == ["birealnet", "quicknet"] and data_set == "ImageNet"
    assert [row.name for row in others] == ["binarynet"]
    assert comparable(found.rows, size, size) == (list(found.rows), None, [])
    assert not helps_log(size, [3.0, 4.0]) and helps_log(size, [1.0, 40.0]) and not helps_log(top1, [1.0, 40.0])


def test_ticks_say_what_they_stand_at() -> None:
    small = [bnn_zoo.BiRealNet(filters=n, input_shape=(32, 32, 3), num_classes=10, name=f"b{n}") for n in (4, 8, 16)]
    axes = bnn_zoo.compare(small).plot("size_mib", "peak_activation_mib").axes[0]
    for axis in (axes.xaxis, axes.yaxis):
        for place in axis.get_majorticklocs():
            assert float(axis.get_major_formatter()(place)) == pytest.approx(place)
