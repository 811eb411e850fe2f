"""Networks in two of their columns, drawn with matplotlib."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from bnn_zoo._figure import check_matplotlib, new_figure
from bnn_zoo._user_path import user_path
from bnn_zoo.comparison.column import Column
from bnn_zoo.comparison.labels import label_points
from bnn_zoo.comparison.pareto import pareto_front
from bnn_zoo.comparison.row import NetworkRow
from bnn_zoo.comparison.utf8 import as_utf8

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOUR = "#0072B2"

#: How far apart values must be for a logarithmic axis to help.
LOG_FROM = 3.0


def plot(
    rows: Sequence[NetworkRow], x: Column, y: Column, path: str | os.PathLike[str] | None = None, log: bool | None = None
) -> Figure:
    """Draws networks; those that no other one beats are filled and joined by a line.

    Args:
        rows: the networks, of which those that are `comparable` are drawn.
        x: to the right.
        y: upwards.
        path: where to write it as well.
        log: whether x is logarithmic; if not given, where that helps.

    Raises:
        ValueError: if a column holds no numbers, or no network has both.
        ImportError: if matplotlib is not installed.
    """
    check_plot((x, y))
    shown, data_set, others = comparable(rows, x, y)
    if not shown:
        raise ValueError(f"no network has both {x.key!r} and {y.key!r}.")
    figure = new_figure("a plot", figsize=(8.5, 5.5), dpi=120, layout="constrained")
    axes: Any = figure.add_subplot()
    if log if log is not None else helps_log(x, [x.value(row) for row in shown]):
        axes.set_xscale("log")
        _plain_ticks(axes.xaxis, x)
    if helps_log(y, [y.value(row) for row in shown]):
        axes.set_yscale("log")
        _plain_ticks(axes.yaxis, y)
    axes.set_xlabel(x.heading)
    axes.set_ylabel(as_utf8(f"{y.heading} ({data_set})") if data_set else y.heading, parse_math=False)  # dollars are no formulas
    axes.grid(alpha=0.25)
    axes.margins(0.12)
    front = front_of(shown, x, y)
    hollow = [row for row in shown if row not in front]
    axes.plot(*_points(front, x, y), color=_COLOUR, linewidth=1.2, zorder=1)
    axes.scatter(*_points(front, x, y), s=45, color=_COLOUR, zorder=3, label="Pareto front")
    axes.scatter(*_points(hollow, x, y), s=45, facecolor="white", edgecolor=_COLOUR, zorder=2)
    if front:
        axes.legend(frameon=False, loc="best")
    if others:
        names = ", ".join(row.name for row in others)
        axes.set_title(as_utf8(f"On other data, not drawn: {names}"), fontsize=8, loc="right", parse_math=False)
    label_points(axes, [(as_utf8(row.name), x.value(row), y.value(row)) for row in (*front, *hollow)], _points(front, x, y))
    if path is not None:
        figure.savefig(user_path(path))
    return figure


def check_plot(axes: Iterable[Column]) -> None:
    """Sees to it that what cannot be drawn is refused before it is measured.

    Args:
        axes: columns to draw.

    Raises:
        ValueError: if a column holds no numbers.
        ImportError: if matplotlib is not installed.
    """
    for column in axes:
        if not column.is_number:
            raise ValueError(f"the column {column.key!r} holds words; an axis needs numbers.")
    check_matplotlib("a plot")


def comparable(rows: Sequence[NetworkRow], x: Column, y: Column) -> tuple[list[NetworkRow], str | None, list[NetworkRow]]:
    """The networks that can be set side by side in two columns.

    Returns:
        Those that have both values, and where one is an accuracy are on the data set that most of them have; that data set, if
        there is one; and those that are on another.
    """
    known = [row for row in rows if x.value(row) is not None and y.value(row) is not None]
    if not (x.of_data_set or y.of_data_set):
        return known, None, []
    data_sets = Counter(row.published.data_set for row in known if row.published)
    if not data_sets:
        return [], None, []
    ((most, _),) = data_sets.most_common(1)
    shown = [row for row in known if row.published and row.published.data_set == most]
    return shown, most, [row for row in known if row not in shown]


def helps_log(column: Column, values: Sequence[float]) -> bool:
    """Whether an axis is better logarithmic: the column is of that kind, and its values lie far apart."""
    return column.log and min(values) > 0 and max(values) / min(values) > LOG_FROM


def front_of(rows: Sequence[NetworkRow], x: Column, y: Column) -> list[NetworkRow]:
    """The networks that no other one beats in both columns, from small x to large; none where it is not known what is better."""
    if x.better is None or y.better is None:
        return []
    return [rows[place] for place in pareto_front([(x.value(row), y.value(row)) for row in rows], (x.better, y.better))]


def _points(rows: list[NetworkRow], x: Column, y: Column) -> tuple[list[float], list[float]]:
    return [x.value(row) for row in rows], [y.value(row) for row in rows]


def _plain_ticks(axis: Any, column: Column) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda value, place: _tick(column.text(value), value)))
    axis.set_minor_formatter(NullFormatter())


def _tick(text: str, value: float) -> str:
    """A column's text of a value as short as it goes: digits behind the point where it needs them."""
    return f"{value:g}" if value < 0.1 else re.sub(r"\.0+(?!\d)", "", text)
