"""How long each node of a compiled network takes, by OpenVINO's own counters."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import openvino as ov

#: A node's name, its kind, and the kernel that runs it.
Node: TypeAlias = tuple[str, str, str]

# The first run packs weights and touches memory for the first time: of some layers it takes a thousand times as long.
_WARM_UP = 3

# The network is compiled for each round anew, and the median of the rounds counts: one that was disturbed does no harm.
_ROUNDS = 5


def node_milliseconds(compile: Callable[[], ov.CompiledModel], images: np.ndarray, repeats: int) -> list[tuple[Node, float]]:
    """Times the nodes of a network.

    Args:
        compile: gives the network, compiled with PERF_COUNT=True.
        images: what it is run on.
        repeats: runs that are measured, of all rounds together.

    Returns:
        The nodes in the order in which OpenVINO lists them, with the milliseconds of a run. Left out are those whose counters stand
        at 0, such as what was fused into others.
    """
    runs = -(-repeats // _ROUNDS)
    rounds, ran = [], set()
    for _ in range(_ROUNDS):
        request = compile().create_infer_request()
        # By the first run, which is slow: averages are whole microseconds, and a fast node's is 0 later on.
        ran |= {place for place, average in enumerate(_averages(request, images, 1)) if average}
        before = _averages(request, images, _WARM_UP - 1)
        after = _averages(request, images, runs)
        # A counter is the average over all runs since compilation, in whole microseconds.
        rounds.append([max(new * (_WARM_UP + runs) - old * _WARM_UP, 0.0) / runs for old, new in zip(before, after, strict=True)])
    # By place, not by name: OpenVINO numbers its own nodes differently each time.
    nodes = [(entry.node_name, entry.node_type, entry.exec_type) for entry in request.profiling_info]
    medians = [statistics.median(times) for times in zip(*rounds, strict=True)]
    return [(nodes[place], medians[place]) for place in sorted(ran)]


def _averages(request: ov.InferRequest, images: np.ndarray, runs: int) -> list[float]:
    for _ in range(runs):
        request.infer([images])
    return [entry.real_time.total_seconds() * 1e3 for entry in request.profiling_info]
