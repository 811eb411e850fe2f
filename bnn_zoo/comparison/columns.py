"""The columns of a comparison: one table that the terminal, DataFrame, Markdown, JSON, plots and page are all made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bnn_zoo.comparison.column import Column as Column
from bnn_zoo.comparison.column import find_column as find_column
from bnn_zoo.comparison.numbers import one_place, short, two_places, whole
from bnn_zoo.comparison.operations import FORMULA
from bnn_zoo.comparison.row import NetworkRow
from bnn_zoo.models.figures import Figures


def _of(field: str) -> Callable[[NetworkRow], Any]:
    return lambda row: getattr(row.figures, field)


def _binary_share(figures: Figures) -> float | None:
    macs = figures.macs_binary + figures.macs_real
    return 100 * figures.macs_binary / macs if macs else None


def _published(field: str) -> Callable[[NetworkRow], Any]:
    return lambda row: row.published and getattr(row.published, field)


def _measured(field: str) -> Callable[[NetworkRow], Any]:
    return lambda row: row.measured and getattr(row.measured, field)


_COUNTED = "Counted as larq's model summary does"

#: All but the latencies, whose number depends on what was asked for.
COLUMNS: tuple[Column, ...] = (
    Column("name", "network", "", lambda row: row.name, explain="As it is created by name.", rank=1),
    Column(
        *("year", "year", "", lambda row: row.architecture and row.architecture.paper.year, whole),
        explain="Of the paper that it comes from.",
    ),
    Column(
        *("input", "input", "pixels", lambda row: "x".join(map(str, row.figures.input_shape))),
        explain="Height, width and channels of a picture. Sizes and operations are those at this input.",
    ),
    Column("parameters", "parameters", "", _of("parameters"), short, "smaller", f"{_COUNTED}.", 6, True),
    Column(
        *("parameters_1bit", "1-bit parameters", "", _of("parameters_1bit"), short),
        explain="Parameters that are used through their sign, and deployed as one bit.",
    ),
    Column(
        *("parameters_32bit", "32-bit parameters", "", _of("parameters_32bit"), short, "smaller"),
        explain="All other parameters, those of batch norm included.",
    ),
    Column(
        *("size_mib", "size", "MiB", _of("size_mib"), two_places, "smaller"),
        explain=f"As deployed: 1 bit or 32 bits a parameter, batch norm as a scale and a shift. {_COUNTED}.",
        rank=1,
        log=True,
    ),
    Column(
        *("float_size_mib", "float32 size", "MiB", _of("float_size_mib"), one_place, "smaller"),
        explain="The same network with 32 bits a parameter.",
        log=True,
    ),
    Column(
        *("macs_binary", "binary MACs", "", _of("macs_binary"), short),
        explain=f"Multiply-accumulates a picture of 1-bit inputs and 1-bit kernels. {_COUNTED}.",
        log=True,
    ),
    Column(
        *("macs_real", "real MACs", "", _of("macs_real"), short, "smaller"),
        explain=f"All other multiply-accumulates a picture. {_COUNTED}.",
        rank=7,
        log=True,
    ),
    Column(
        *("macs", "MACs", "", lambda row: row.figures.macs_binary + row.figures.macs_real, short, "smaller"),
        explain="Multiply-accumulates a picture, binary and real ones together.",
        log=True,
    ),
    Column(
        *("binary_share", "binary MACs", "%", lambda row: _binary_share(row.figures), one_place, "larger"),
        explain="Share of the multiply-accumulates that are binary.",
        rank=4,
    ),
    Column("operations", "OPs", "", _of("operations"), short, "smaller", FORMULA, 2, True),
    Column(
        *("peak_activation_mib", "peak activations", "MiB", _of("peak_activation_mib"), two_places, "smaller"),
        explain="The most memory that features take at a time, one picture, weights not counted: a tensor is kept from the layer "
        "that makes it to the last that takes it, at 1 bit a value where all who take it binarize it, else at 32; batch norm, "
        "activations and additions work in place.",
        rank=5,
        log=True,
    ),
    Column(
        *("receptive_field", "receptive field", "pixels", _of("receptive_field"), whole),
        explain="Height of the part of the picture that a position of the last feature map sees; may be more than the picture.",
    ),
    Column(
        *("shortcuts", "shortcuts", "", _of("shortcuts"), whole),
        explain="High-precision shortcuts: additions and concatenations on whose one side features got around binary layers.",
        rank=8,
    ),
    Column(
        *("top1", "top-1", "%", _published("top1"), one_place, "larger"),
        explain="Reported accuracy: of the weight set, or else of the architecture by whoever is named.",
        rank=1,
        of_data_set=True,
    ),
    Column("top5", "top-5", "%", _published("top5"), one_place, "larger", "Reported, as top-1 is.", of_data_set=True),
    Column("top1_dataset", "on", "", _published("data_set"), explain="The data set of the reported accuracy.", rank=3),
    Column("top1_by", "by", "", _published("by"), explain="Who reported the accuracy.", rank=9),
    Column(
        *("measured_top1", "top-1 here", "%", _measured("top1"), two_places, "larger"),
        explain="Accuracy measured here, on the data that was given.",
        rank=1,
    ),
    Column(
        *("measured_top5", "top-5 here", "%", _measured("top5"), two_places, "larger"),
        explain="Accuracy measured here, on the data that was given.",
        rank=9,
    ),
)


def latency_columns(backend: str) -> tuple[Column, Column]:
    """Median and spread of the latency on one backend."""

    def median(row: NetworkRow) -> float | None:
        found = row.latency(backend)
        return None if found is None else found.milliseconds

    def spread(row: NetworkRow) -> float | None:
        found = row.latency(backend)
        return None if found is None else found.high - found.low

    how = f"of one picture on {backend}, on this machine"
    return (
        Column(f"latency_{backend}", f"{backend}", "ms", median, two_places, "smaller", f"Median latency {how}.", 1, True),
        Column(
            *(f"latency_{backend}_spread", f"{backend} +-", "ms", spread, two_places, "smaller"),
            explain=f"Spread of the latency {how}: from the first to the third quartile.",
            rank=10,
        ),
    )


def columns_of(rows: Iterable[NetworkRow]) -> tuple[Column, ...]:
    """The columns that hold anything for these networks."""
    rows = tuple(rows)
    backends = dict.fromkeys(entry.backend for row in rows for entry in row.latencies)
    every = (*COLUMNS, *(column for backend in backends for column in latency_columns(backend)))
    return tuple(column for column in every if any(column.value(row) is not None for row in rows))
