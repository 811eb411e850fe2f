"""Binary kernels that become binary: soft at first, signs once a temperature, which falls from epoch to epoch, is low enough."""

from __future__ import annotations

import math
from typing import Any

from bnn_zoo._keras import Tensor, keras, larq, tf
from bnn_zoo.models.bnext import COLD
from bnn_zoo.training.stage import Stage


class Cooling:
    r"""A kernel quantizer with a temperature, and the callback that lets it fall.

    Forward pass: \(q(w) = \operatorname{clip}(w / T, -1, 1)\), and \(\operatorname{sign}(w)\) where \(T < 10^{-7}\).
    Pseudo-gradient: identity. T is 1 in a stage's first epoch. While the network is scored its kernels are signs, as they will be.

    Args:
        factor: that each epoch multiplies the temperature by.

    Source: Join the High Accuracy Club on ImageNet with A Binary Neural Network Ticket, Guo et al., 2022, arXiv 2211.12933.
    """

    def __init__(self, factor: float) -> None:
        self._factor = factor
        # No layer may hold it: the network's weights are those of the network that stays.
        self.temperature = temperature = tf.Variable(1.0, trainable=False)
        softened = tf.custom_gradient(_softened)

        def quantizer(kernel: Tensor) -> Tensor:
            return softened(kernel, tf.cast(temperature, kernel.dtype))

        quantizer.precision = 1  # type: ignore[attr-defined]
        self.quantizer = quantizer

    def callback(self, first_epoch: int) -> keras.callbacks.Callback:
        """A Keras callback; `first_epoch` is the stage's, counted over the whole run."""
        factor, temperature = self._factor, self.temperature

        class Cool(keras.callbacks.Callback):
            def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
                self.current = factor ** (epoch - first_epoch)
                temperature.assign(self.current)

            def on_test_begin(self, logs: Any = None) -> None:
                temperature.assign(0.0)

            def on_test_end(self, logs: Any = None) -> None:
                temperature.assign(self.current)

        return Cool()


def unfinished_cooling(stage: Stage) -> str:
    """What to tell of a stage that ends before its kernels are signs; nothing of any other."""
    if not stage.cooling or stage.cooling ** (stage.epochs - 1) < COLD:
        return ""
    needed = math.floor(math.log(COLD) / math.log(stage.cooling)) + 2
    fitting = max((share / 100 for share in range(1, 100) if (share / 100) ** (stage.epochs - 1) < COLD), default=None)
    temperature = stage.cooling ** (stage.epochs - 1)
    told = (
        f"cooling of stage {stage.name!r} is {stage.cooling}: in epoch {stage.epochs}, its last, kernels are still soft, at a "
        f"temperature of {temperature:.2g}, so that it never trains the signs that it leaves. It takes {needed} epochs"
    )
    return f"{told}, or a cooling of {fitting}." if fitting else f"{told}."


def _softened(kernel: Tensor, temperature: Tensor) -> Any:
    soft = tf.clip_by_value(kernel / tf.maximum(temperature, tf.constant(COLD, temperature.dtype)), -1, 1)
    return tf.where(temperature < COLD, larq.math.sign(kernel), soft), lambda dy: (dy, None)
