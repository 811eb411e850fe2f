"""The latency of networks that are in hand, on every backend in turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

import numpy as np

from bnn_zoo._cores import available_cores
from bnn_zoo._error_words import first_line
from bnn_zoo.deploy.backends import load_backend
from bnn_zoo.deploy.runtime import BACKENDS, Backend, check_threads, compile
from bnn_zoo.deploy.timing import Measurement, check_repeats, settled


def check_backends(backends: Sequence[str], threads: int | None, repeats: int) -> None:
    """Sees to it that what cannot work fails before anything is measured.

    Raises:
        ValueError: for an unknown backend, a number of threads that is none, or too few repeats.
        MissingBackendError: if a backend's package is not installed.
    """
    for backend in backends:
        if backend not in BACKENDS:
            raise ValueError(f"latency has {backend!r}; known are {', '.join(BACKENDS)}.")
        if backend != "keras":
            load_backend(backend)
    check_threads(threads)
    check_repeats(repeats)


def measure_latency(
    name: str,
    model: Any,
    backends: Sequence[str],
    *,
    threads: int | None = None,
    repeats: int = 30,
    tick: Callable[[], None] = lambda: None,
) -> tuple[tuple[Measurement, ...], tuple[str, ...]]:
    """Measures one picture at a time, one run after the other on each backend in turn, so that a disturbance hits all alike.

    As `bnn-zoo bench` measures: each turn begins with runs that do not count, since a backend whose threads and caches another one
    had just used would look slower than it is by itself.

    Args:
        name: for the results.
        model: a functional or sequential keras.Model with a fixed input size.
        backends: see `bnn_zoo.deploy.compile`.
        threads: of OpenVINO and LCE; TensorFlow has those of the process. All cores if not given.
        repeats: runs of each.
        tick: called after each round, and for each backend that cannot run the network.

    Returns:
        The measurements, and why a backend has none.
    """
    images = np.random.default_rng(0).normal(size=(1, *model.input_shape[1:])).astype(np.float32)
    runs: dict[str, Callable[[], float]] = {}
    notes = []
    for backend in backends:
        try:
            runtime = compile(model, cast(Backend, backend), None if backend == "keras" else threads)
            runs[backend] = settled(partial(runtime.predict, images))
        except Exception as error:  # a backend that fails must not end the measurement of the others
            notes.append(f"not measured on {backend}: {first_line(error)}")
    times: dict[str, list[float]] = {backend: [] for backend in runs}
    for _ in range(repeats):
        for backend, run in runs.items():
            times[backend].append(run())
        tick()
    cores = available_cores()
    used = {backend: cores if backend == "keras" else threads or cores for backend in runs}
    return tuple(Measurement.of(name, backend, used[backend], 1, taken) for backend, taken in times.items()), tuple(notes)
