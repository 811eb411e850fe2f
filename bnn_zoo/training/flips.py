"""How many binary weights change their sign."""

from __future__ import annotations

from typing import Any

from bnn_zoo._keras import Tensor, keras, larq, tf
from bnn_zoo.training.variables import binary_kernels

FLIP_RATIO = "flip_ratio"


def flip_callback(model: keras.Model) -> keras.callbacks.Callback:
    """A Keras callback that adds `flip_ratio` to the logs: the share of binary weights that a step flips.

    It is a mean over layers, and over the steps of an epoch. larq's FlipRatio counts. It is given the signs, not the quantized
    kernels: it sees whole numbers only, to which a sign times a magnitude is always 0.

    Args:
        model: compiled. One machine alone counts, so that what the counting needs must not be made where all machines take part.
    """
    local = model.distribute_strategy.experimental_local_results
    kernels = [local(variable)[0] for variable in binary_kernels(model.trainable_variables)]
    ratios = [larq.metrics.FlipRatio() for _ in kernels]
    for ratio, kernel in zip(ratios, kernels, strict=True):
        ratio.build(kernel.shape)

    @tf.function
    def count() -> Tensor:
        for ratio, kernel in zip(ratios, kernels, strict=True):
            ratio.update_state(larq.math.sign(kernel.read_value()))
        return tf.add_n([ratio.result() for ratio in ratios]) / len(ratios)

    class CountFlips(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            for ratio in ratios:
                ratio.reset_state()
            if ratios:
                count()  # the first call after a reset only remembers the signs

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if ratios:
                self.mean = logs[FLIP_RATIO] = float(count())

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if ratios:
                logs[FLIP_RATIO] = self.mean

    return CountFlips()
