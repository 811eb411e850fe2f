"""One call for every backend: images in, predictions out."""

from __future__ import annotations

from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np

from bnn_zoo._argument_checks import is_count
from bnn_zoo.deploy.backends import load_backend

Backend: TypeAlias = Literal["openvino", "lce", "keras"]

BACKENDS: tuple[Backend, ...] = ("openvino", "lce", "keras")


@runtime_checkable
class Runtime(Protocol):
    """A network that is ready to run.

    Attributes:
        backend: which one runs it.
        input_shape: (height, width, channels) of a picture; None where a size is free.
    """

    backend: str
    input_shape: tuple[int | None, ...]

    def predict(self, images: Any, batch_size: int = 32) -> np.ndarray:
        """Runs the network.

        Args:
            images: (batch, height, width, channels), float32, as `bnn_zoo.preprocess` makes them.
            batch_size: how many pictures are run at a time, at most.

        Returns:
            float32, (batch, classes), or features (batch, height, width, channels) of a network without top.

        Raises:
            ValueError: for images of another shape, or of a size that the network cannot take, or a batch size that is none.
        """
        ...


def compile(model: Any, backend: Backend = "openvino", threads: int | None = None) -> Runtime:
    """Makes a network ready to run.

    Args:
        model: a functional or sequential keras.Model.
        backend: "openvino" (fastest on x86), "lce" (Larq Compute Engine: fast on ARM only, on x86 good for checks) or "keras"
            (TensorFlow).
        threads: how many; all cores if not given. TensorFlow sets its own for the whole process, so that "keras" takes None only.

    Returns:
        A runtime.

    Raises:
        TypeError: for another kind of model.
        ValueError: for an unknown backend or number of threads, or a model of several inputs or outputs.
        MissingBackendError: if the backend's package is not installed.
        UnsupportedLayerError: if the backend cannot run one of the layers.
    """
    if backend not in BACKENDS:
        raise ValueError(f"backend is {backend!r}; it must be one of {', '.join(BACKENDS)}.")
    check_threads(threads)
    threads = None if threads is None else int(threads)  # the backends take no numbers of NumPy's
    if backend == "openvino":
        load_backend("openvino")
        from bnn_zoo.deploy.openvino.runtime import OpenVINORuntime

        return OpenVINORuntime.of(model, threads)
    if backend == "lce":
        load_backend("lce")
        from bnn_zoo.deploy.lce.runtime import LCERuntime

        return LCERuntime.of(model, threads)
    from bnn_zoo.deploy.keras_runtime import KerasRuntime

    if threads is not None:
        raise ValueError(
            f'threads is {threads}, but backend="keras" runs with the threads of the process: call '
            f"tf.config.threading.set_intra_op_parallelism_threads({threads}) before TensorFlow does anything."
        )
    return KerasRuntime(model)


def check_threads(threads: int | None) -> None:
    """Refuses what is no number of threads.

    Raises:
        ValueError: naming what was given.
    """
    if threads is not None and not is_count(threads):
        raise ValueError(f"threads is {threads!r}; it must be a whole number above 0, or None for all cores.")
