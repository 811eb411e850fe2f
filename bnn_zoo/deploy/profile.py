"""Where the time goes: OpenVINO's own counters, layer by layer."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bnn_zoo.deploy.runtime import compile


@dataclass(frozen=True)
class LayerTime:
    """The time of one node of the compiled network.

    Args:
        name: of the layer that it came from; what was fused into it has no row of its own.
        kind: OpenVINO's, such as "BinaryConvolution".
        implementation: the kernel that runs it.
        milliseconds: median of all runs.
        share: of the sum over all layers.
    """

    name: str
    kind: str
    implementation: str
    milliseconds: float
    share: float


def profile_layers(model: Any, *, threads: int = 1, batch_size: int = 1, repeats: int = 30) -> list[LayerTime]:
    """Times every layer of a network on OpenVINO.

    Args:
        model: a functional or sequential keras.Model with a fixed input size.
        threads: how many.
        batch_size: pictures a run.
        repeats: runs that are measured, after three that are not.

    Returns:
        The layers, slowest first.
    """
    runtime: Any = compile(model, "openvino", threads)
    shape = (batch_size, *model.input_shape[1:])
    if None in shape:
        raise ValueError(f"model {model.name!r} takes pictures of {shape[1:]}; give it a fixed input_shape to profile it.")
    request = runtime.compiled(shape, PERF_COUNT=True).create_infer_request()
    images = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    for _ in range(3):
        request.infer([images])
    times: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for _ in range(repeats):
        request.infer([images])
        for entry in request.profiling_info:
            if entry.real_time.total_seconds() > 0:
                times[entry.node_name, entry.node_type, entry.exec_type].append(entry.real_time.total_seconds() * 1e3)
    # Counters are whole microseconds: a layer that was too quick in some runs counts as zero there.
    medians = {key: statistics.median(values + [0.0] * (repeats - len(values))) for key, values in times.items()}
    total = sum(medians.values()) or 1.0
    rows = [LayerTime(*key, milliseconds=value, share=value / total) for key, value in medians.items()]
    return sorted(rows, key=lambda row: -row.milliseconds)


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
        )
        for kind, group in groups.items()
    ]
    return sorted(found, key=lambda row: -row.milliseconds)
