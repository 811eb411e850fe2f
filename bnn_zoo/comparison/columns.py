"""The columns of a comparison: one table that the terminal, DataFrame, Markdown, JSON, plots and page are all made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bnn_zoo.comparison.column import Column
from bnn_zoo.comparison.numbers import extents, one_place, short, two_places, whole
from bnn_zoo.comparison.operations import FORMULA
from bnn_zoo.comparison.row import NetworkRow


def _of(field: str) -> Callable[[NetworkRow], Any]:
    return lambda row: getattr(row.figures, field)


def _published(field: str) -> Callable[[NetworkRow], Any]:
    return lambda row: row.published and getattr(row.published, field)


def _measured(field: str) -> Callable[[NetworkRow], Any]:
    return lambda row: row.measured and getattr(row.measured, field)


_COUNTED = "Counted as larq's model summary does"

#: All but the latencies, whose number depends on what was asked for.
COLUMNS: tuple[Column, ...] = (
    Column(
        key="name",
        title="network",
        unit="",
        value=lambda row: row.name,
        explain="As it is created by name.",
        rank=1,
    ),
    Column(
        key="year",
        title="year",
        unit="",
        value=lambda row: row.architecture and row.architecture.paper.year,
        text=whole,
        explain="Of the paper that it comes from.",
    ),
    Column(
        key="input",
        title="input",
        unit="pixels",
        value=lambda row: extents(row.figures.input_shape),
        explain="Height, width and channels of a picture. Sizes and operations are those at this input.",
    ),
    Column(
        key="parameters",
        title="parameters",
        unit="",
        value=_of("parameters"),
        text=short,
        better="smaller",
        explain=f"{_COUNTED}.",
        rank=6,
        log=True,
    ),
    Column(
        key="parameters_1bit",
        title="1-bit parameters",
        unit="",
        value=_of("parameters_1bit"),
        text=short,
        explain="Parameters that are used through their sign, and deployed as one bit.",
    ),
    Column(
        key="parameters_32bit",
        title="32-bit parameters",
        unit="",
        value=_of("parameters_32bit"),
        text=short,
        better="smaller",
        explain="All other parameters, those of batch norm included.",
    ),
    Column(
        key="size_mib",
        title="size",
        unit="MiB",
        value=_of("size_mib"),
        text=two_places,
        better="smaller",
        explain=f"As deployed: 1 bit or 32 bits a parameter, batch norm as a scale and a shift. {_COUNTED}.",
        rank=1,
        log=True,
    ),
    Column(
        key="float_size_mib",
        title="float32 size",
        unit="MiB",
        value=_of("float_size_mib"),
        text=one_place,
        better="smaller",
        explain="The same network with 32 bits a parameter.",
        log=True,
    ),
    Column(
        key="macs_binary",
        title="binary MACs",
        unit="",
        value=_of("macs_binary"),
        text=short,
        explain=f"Multiply-accumulates a picture of 1-bit inputs and 1-bit kernels. {_COUNTED}.",
        log=True,
    ),
    Column(
        key="macs_real",
        title="real MACs",
        unit="",
        value=_of("macs_real"),
        text=short,
        better="smaller",
        explain=f"All other multiply-accumulates a picture. {_COUNTED}.",
        rank=7,
        log=True,
    ),
    Column(
        key="macs",
        title="MACs",
        unit="",
        value=_of("macs"),
        text=short,
        better="smaller",
        explain="Multiply-accumulates a picture, binary and real ones together.",
        log=True,
    ),
    Column(
        key="binary_share",
        title="binary MACs",
        unit="%",
        value=_of("binary_share"),
        text=one_place,
        better="larger",
        explain="Share of the multiply-accumulates that are binary.",
        rank=4,
    ),
    Column(
        key="operations",
        title="OPs",
        unit="",
        value=_of("operations"),
        text=short,
        better="smaller",
        explain=FORMULA,
        rank=2,
        log=True,
    ),
    Column(
        key="peak_activation_mib",
        title="peak activations",
        unit="MiB",
        value=_of("peak_activation_mib"),
        text=two_places,
        better="smaller",
        explain="The most memory that features take at a time, one picture, weights not counted: a tensor is kept from the layer "
        "that makes it to the last that takes it, at 1 bit a value where all who take it binarize it, else at 32; batch norm, "
        "activations and additions work in place.",
        rank=5,
        log=True,
    ),
    Column(
        key="receptive_field",
        title="receptive field",
        unit="pixels",
        value=_of("receptive_field"),
        text=whole,
        explain="Height of the part of the picture that a position of the last feature map sees; may be more than the picture.",
    ),
    Column(
        key="shortcuts",
        title="shortcuts",
        unit="",
        value=_of("shortcuts"),
        text=whole,
        explain="High-precision shortcuts: additions and concatenations on whose one side features got around binary layers.",
        rank=8,
    ),
    Column(
        key="top1",
        title="top-1",
        unit="%",
        value=_published("top1"),
        text=one_place,
        better="larger",
        explain="Reported accuracy: of the weight set, or else of the architecture by whoever is named.",
        rank=1,
        of_data_set=True,
    ),
    Column(
        key="top5",
        title="top-5",
        unit="%",
        value=_published("top5"),
        text=one_place,
        better="larger",
        explain="Reported, as top-1 is.",
        of_data_set=True,
    ),
    Column(
        key="top1_dataset",
        title="on",
        unit="",
        value=_published("data_set"),
        explain="The data set of the reported accuracy.",
        rank=3,
    ),
    Column(
        key="top1_by",
        title="by",
        unit="",
        value=_published("by"),
        explain="Who reported the accuracy.",
        rank=9,
    ),
    Column(
        key="measured_top1",
        title="top-1 here",
        unit="%",
        value=_measured("top1"),
        text=two_places,
        better="larger",
        explain="Accuracy measured here, on the data that was given.",
        rank=1,
    ),
    Column(
        key="measured_top5",
        title="top-5 here",
        unit="%",
        value=_measured("top5"),
        text=two_places,
        better="larger",
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
        Column(
            key=f"latency_{backend}",
            title=f"{backend}",
            unit="ms",
            value=median,
            text=two_places,
            better="smaller",
            explain=f"Median latency {how}.",
            rank=1,
            log=True,
        ),
        Column(
            key=f"latency_{backend}_spread",
            title=f"{backend} +-",
            unit="ms",
            value=spread,
            text=two_places,
            better="smaller",
            explain=f"Spread of the latency {how}: from the first to the third quartile.",
            rank=10,
        ),
    )


def columns_of(rows: Iterable[NetworkRow]) -> tuple[Column, ...]:
    """The columns that hold anything for these networks."""
    rows = tuple(rows)
    every = columns_for(dict.fromkeys(entry.backend for row in rows for entry in row.latencies))
    return tuple(column for column in every if any(column.value(row) is not None for row in rows))


def columns_for(backends: Iterable[str], scored: bool = True) -> tuple[Column, ...]:
    """The columns that may hold anything when networks were measured.

    Args:
        backends: for latencies.
        scored: whether accuracies are measured.
    """
    every = (*COLUMNS, *(column for backend in backends for column in latency_columns(backend)))
    return tuple(column for column in every if scored or not column.key.startswith("measured_"))
