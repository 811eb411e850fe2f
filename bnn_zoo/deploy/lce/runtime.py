"""A .tflite file as a runtime. On x86 Larq Compute Engine has reference kernels only: right, not fast."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from bnn_zoo.deploy.lce.convert import convert
from bnn_zoo.deploy.lce.interpreter import load
from bnn_zoo.deploy.pieces import check_batch_size, checked_images


class LCERuntime:
    """A network in Larq Compute Engine's interpreter.

    Args:
        content: of a .tflite file.
        input_shape: (height, width, channels).
        threads: how many; all cores if not given.
    """

    backend = "lce"

    def __init__(self, content: bytes, input_shape: tuple[int | None, ...], threads: int | None = None) -> None:
        self.input_shape = input_shape
        self._interpreter = load(content, threads)
        self._lock = threading.Lock()

    @classmethod
    def of(cls, model: Any, threads: int | None = None) -> LCERuntime:
        """The runtime of a Keras model."""
        return cls(convert(model), tuple(model.input_shape[1:]), threads)

    def predict(self, images: Any, batch_size: int = 32) -> np.ndarray:
        array = checked_images(images, self.input_shape)
        check_batch_size(batch_size)  # the interpreter takes one picture at a time; a wrong batch size is still an error
        if not len(array):
            return np.zeros((0, *self._interpreter.output_shapes[0][1:]), np.float32)
        with self._lock:
            return np.concatenate([np.asarray(self._interpreter.predict(picture[None])) for picture in array])
