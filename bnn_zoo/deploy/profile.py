"""Where the time goes: OpenVINO's own counters, layer by layer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from bnn_zoo.deploy.roofline import measure_roofline
from bnn_zoo.deploy.runtime import compile


@dataclass(frozen=True)
class LayerTime:
    """The time of one node of the compiled network.

    Args:
        name: of the layer that it came from; what was fused into it has no row of its own.
        kind: OpenVINO's, such as "BinaryConvolution".
        implementation: the kernel that runs it.
        milliseconds: a run, median of a few rounds' means.
        share: of the sum over all layers.
        binary_macs: binary multiply-accumulates a run, without those of channels that only fill up bytes; 0 where none are.
        of_roofline: share of the binary multiply-accumulates that the cores could do at best, see `with_roofline`; None where there
            are none, or where it is not known.
    """

    name: str
    kind: str
    implementation: str
    milliseconds: float
    share: float
    binary_macs: int = 0
    of_roofline: float | None = None


@dataclass(frozen=True)
class Conditions:
    """What a network's layers were timed under.

    Args:
        model: the network's name.
        threads: how many.
        batch_size: pictures a run.
    """

    model: str
    threads: int
    batch_size: int


@dataclass(frozen=True)
class MeasuredLayer(LayerTime, Conditions):
    """A layer's time with its conditions, which come first: a row among those of other networks."""


def profile_layers(model: Any, *, threads: int = 1, batch_size: int = 1, repeats: int = 30) -> list[LayerTime]:
    """Times every layer of a network on OpenVINO.

    Args:
        model: a functional or sequential keras.Model with a fixed input size.
        threads: how many.
        batch_size: pictures a run.
        repeats: runs that are measured, of all rounds together.

    Returns:
        The layers, slowest first, without their share of the roofline.
    """
    runtime: Any = compile(model, "openvino", threads)
    from bnn_zoo.deploy.openvino.counters import node_milliseconds

    shape = (batch_size, *model.input_shape[1:])
    if None in shape:
        raise ValueError(f"model {model.name!r} takes pictures of {shape[1:]}; give it a fixed input_shape to profile it.")
    macs = _binary_macs(runtime.model, shape)
    images = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    times = node_milliseconds(lambda: runtime.compiled(shape, PERF_COUNT=True), images, repeats)
    total = sum(value for _, value in times)
    rows = []
    for node, value in times:
        binary = macs.get(node[0], 0) if node[1] == "BinaryConvolution" else 0
        rows.append(LayerTime(*node, value, value / total, binary))
    return sorted(rows, key=lambda row: -row.milliseconds)


def _binary_macs(model: Any, shape: tuple[int, ...]) -> dict[str, int]:
    sized = model.clone()
    sized.reshape(list(shape))
    found = {}
    for node in sized.get_ops():
        if node.get_type_name() == "BinaryConvolution":
            kernel, output = node.input(1).get_shape(), node.output(0).get_shape()
            found[node.get_friendly_name()] = _channels(node) * prod(kernel[2:]) * prod(output)
    return found


def _channels(convolution: Any) -> int:
    """The input channels without those that fill up bytes, which are padded before a tensor becomes bits."""
    source = convolution.input_value(0).get_node().input_value(0).get_node()
    return int((source.input(0) if source.get_type_name() == "Pad" else convolution.input(0)).get_shape()[1])


def with_roofline(rows: Iterable[LayerTime], threads: int = 1) -> list[LayerTime]:
    """The same layers held against the best that the cores could do, which is measured for it and takes part of a second.

    Args:
        rows: of `profile_layers`.
        threads: that the layers ran with.

    Returns:
        The layers in their order; as they were where none is binary, or where the cores cannot be calibrated.
    """
    rows = list(rows)
    roofline = measure_roofline() if any(row.binary_macs for row in rows) else None
    if roofline is None:
        return rows
    return [
        replace(row, of_roofline=roofline.share(row.binary_macs, row.milliseconds / 1e3, threads))
        if row.binary_macs and row.milliseconds
        else row
        for row in rows
    ]


def by_kind(rows: Iterable[LayerTime]) -> list[LayerTime]:
    """The same by kind of layer: `name` says how many there are, `implementation` which kernels run them."""
    groups: dict[str, list[LayerTime]] = defaultdict(list)
    for row in rows:
        groups[row.kind].append(row)
    found = [
        LayerTime(
            f"{len(group)} layers",
            kind,
            ", ".join(sorted({row.implementation for row in group})),
            sum(row.milliseconds for row in group),
            sum(row.share for row in group),
            sum(row.binary_macs for row in group),
            _mean_of_roofline(group),
        )
        for kind, group in groups.items()
    ]
    return sorted(found, key=lambda row: -row.milliseconds)


def _mean_of_roofline(rows: list[LayerTime]) -> float | None:
    """All the group's multiply-accumulates in all its time."""
    known = next((row for row in rows if row.of_roofline), None)
    if known is None or known.of_roofline is None:
        return None
    at_best = known.binary_macs / known.milliseconds / known.of_roofline  # a millisecond; the same for all
    return sum(row.binary_macs for row in rows) / sum(row.milliseconds for row in rows) / at_best
