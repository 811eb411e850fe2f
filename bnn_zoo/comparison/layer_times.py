"""The time of each layer, on the backends that can tell it."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any

import numpy as np

from bnn_zoo._argument_checks import is_count
from bnn_zoo._cores import available_cores
from bnn_zoo._keras import tf
from bnn_zoo._layer_graph import read_layer_graph
from bnn_zoo.deploy.profile import profile_layers
from bnn_zoo.deploy.rebuild import sized_as_used
from bnn_zoo.deploy.runtime import check_threads
from bnn_zoo.deploy.timing import milliseconds

_WARM_UP = 3


def check_layer_timing(backends: Sequence[str], threads: int | None, repeats: int) -> None:
    """Sees to it that what cannot work fails before anything is built.

    Raises:
        ValueError: for a backend that cannot time layers, or a number of threads or repeats that is none.
    """
    check_threads(threads)
    if not is_count(repeats):
        raise ValueError(f"repeats is {repeats!r}; it must be a whole number above 0.")
    for backend in backends:
        if backend not in _TIMERS:
            raise ValueError(
                f"latency has {backend!r}; single layers can be timed on {' and '.join(_TIMERS)}. bnn_zoo.compare measures whole "
                "networks on keras, openvino and lce."
            )


def time_layers(model: Any, backend: str, threads: int | None, repeats: int) -> dict[str, float]:
    """Milliseconds of one picture by the layer's name, medians.

    On openvino they are the counters of one run of the whole network: what was fused into another layer has no time of its own, and
    what belongs to no single layer has OpenVINO's name. On keras every layer is run by itself, so that nothing is fused.

    Args:
        model: functional or sequential, with a fixed input size.
        backend: "openvino" or "keras".
        threads: of OpenVINO; all cores if not given.
        repeats: runs of which the median is taken.
    """
    return _TIMERS[backend](sized_as_used(model), threads, repeats)


def _on_openvino(model: Any, threads: int | None, repeats: int) -> dict[str, float]:
    times: dict[str, float] = {}
    layers = {call.name for call in read_layer_graph(model).calls}
    for node in profile_layers(model, threads=threads or available_cores(), repeats=repeats):
        name = _layer_of(node.name, layers)
        times[name] = times.get(name, 0.0) + node.milliseconds
    return times


def _layer_of(node: str, layers: Collection[str]) -> str:
    """The layer that a node came from, which may have become several: "conv/binarized". Layers' own names may have a / too."""
    name = node
    while name and name not in layers:
        name = name.rpartition("/")[0]
    return name or node


def _on_keras(model: Any, threads: int | None, repeats: int) -> dict[str, float]:
    times: dict[str, float] = {}
    rng = np.random.default_rng(0)
    for call in read_layer_graph(model).calls:
        shapes = [(1, *tensor.shape[1:]) for tensor in call.node.keras_inputs]
        positional, named = call.arguments([tf.constant(rng.normal(size=shape).astype("float32")) for shape in shapes])
        run = tf.function(call.layer, reduce_retracing=True)
        taken = [milliseconds(partial(run, *positional, **named)) for _ in range(_WARM_UP + repeats)]
        times[call.name] = statistics.median(taken[_WARM_UP:])
    return times


_TIMERS: dict[str, Callable[[Any, int | None, int], dict[str, float]]] = {"openvino": _on_openvino, "keras": _on_keras}
