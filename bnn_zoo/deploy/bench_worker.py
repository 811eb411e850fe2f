"""The process that runs networks for `bench`: one number of threads, all backends."""

from __future__ import annotations

import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from bnn_zoo._error_words import first_line
from bnn_zoo._keras import keras, tf
from bnn_zoo._startup import load_tensorflow
from bnn_zoo.deploy.runtime import compile
from bnn_zoo.deploy.timing import settled
from bnn_zoo.hub import WeightSet, load_pretrained, resolve
from bnn_zoo.models import find_architecture
from bnn_zoo.models.larq_zoo import larq_zoo_factory
from bnn_zoo.zoo import create_model

#: A float network of the same purpose, to compare with: keras.applications' MobileNetV2.
MOBILENET = "mobilenet_v2"


def serve(connection: Connection, threads: int) -> None:
    """Answers questions until the other side is closed.

    ("prepare", model, backend, batch size) builds, compiles and warms up: None, or why it cannot be done. ("run", the same) gives
    the milliseconds of one run, after some that are not measured, or why there are none; what was not prepared here, but in a
    process before this one, is prepared first. ("forget",) frees everything.
    """
    # A terminal sends Ctrl-C to all processes; the one that asks ends this one by closing its side.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    load_tensorflow(first=lambda: _use(threads))
    models: dict[str, Any] = {}
    runs: dict[tuple[Any, ...], Callable[[], float]] = {}
    while True:
        try:
            action, *what = connection.recv()
        except EOFError:
            return
        if action == "forget":
            models.clear()
            runs.clear()
            keras.backend.clear_session()
            connection.send(None)
            continue
        answer = None
        if tuple(what) not in runs:
            answer = _answer(_prepared, models, what[0], what[1], what[2], threads)
            if callable(answer):
                runs[tuple(what)], answer = answer, None
        if action == "run" and answer is None:
            answer = _answer(runs[tuple(what)])
        connection.send(answer)


def _answer(work: Callable[..., Any], *arguments: Any) -> Any:
    """What comes of it, or in words why nothing does."""
    try:
        return work(*arguments)
    except Exception as error:  # a backend that fails must not end the measurement of the others
        return f"{type(error).__name__}: {first_line(error)}"


def _use(threads: int) -> None:
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def build(name: str) -> Any:
    """A network by name, with random weights, or of a weight set with its own; "mobilenet_v2" is keras.applications'."""
    if name == MOBILENET:
        return keras.applications.MobileNetV2(weights=None)
    weights = weights_named(name)
    return create_model(name) if weights is None else load_pretrained(weights)


def weights_named(name: str) -> WeightSet | None:
    """The weight set that a name means; None for a network by itself, which is measured with random weights.

    Raises:
        ValueError: if it means neither.
    """
    try:
        find_architecture(name)
    except ValueError:
        return resolve(name)
    return None


def _prepared(models: dict[str, Any], name: str, backend: str, batch_size: int, threads: int) -> Callable[[], float]:
    key = f"{name}/{backend}"
    if key not in models:
        if backend in ("openvino", "lce"):
            models[name] = models.get(name) or build(name)
            models[key] = compile(models[name], backend, threads)  # type: ignore[arg-type]
        elif backend == "larq_zoo":
            models[key] = compile(larq_zoo_factory(name)(weights=None), "keras")
        else:
            models[name] = models.get(name) or build(name)
            models[key] = compile(models[name], "keras")
    runtime = models[key]
    images = np.random.default_rng(0).normal(size=(batch_size, *runtime.input_shape)).astype(np.float32)
    return settled(lambda: runtime.predict(images, batch_size=batch_size))
