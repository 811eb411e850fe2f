"""A Keras model as a runtime: the reference of the other backends."""

from __future__ import annotations

from typing import Any

import numpy as np

from bnn_zoo._keras import tf
from bnn_zoo.deploy.one_picture import check_one_picture_in
from bnn_zoo.deploy.pieces import batches, checked_images


class KerasRuntime:
    """TensorFlow, with the model as one compiled function."""

    backend = "keras"

    def __init__(self, model: Any) -> None:
        check_one_picture_in(model)
        self.model = model
        self.input_shape: tuple[int | None, ...] = tuple(model.input_shape[1:])
        self._run = tf.function(lambda images: model(images, training=False), reduce_retracing=True)

    def predict(self, images: Any, batch_size: int = 32) -> np.ndarray:
        array = checked_images(images, self.input_shape)
        parts = batches(len(array), batch_size)
        if not parts:  # a run tells the output's shape, which not every layer can
            return self._outputs(np.zeros((1, *array.shape[1:]), np.float32))[:0]
        return np.concatenate([self._outputs(array[part]) for part in parts])

    def _outputs(self, images: np.ndarray) -> np.ndarray:
        # A model in mixed precision may give numbers of half the width.
        return np.asarray(self._run(tf.constant(images)), np.float32)
