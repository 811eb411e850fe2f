"""Binary kernels that become binary: soft at first, signs in the end, as a temperature falls from epoch to epoch."""

from __future__ import annotations

from typing import Any

from bnn_zoo._keras import Tensor, keras, larq, tf
from bnn_zoo.models.bnext import COLD


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


def _softened(kernel: Tensor, temperature: Tensor) -> Any:
    soft = tf.clip_by_value(kernel / tf.maximum(temperature, tf.constant(COLD, temperature.dtype)), -1, 1)
    return tf.where(temperature < COLD, larq.math.sign(kernel), soft), lambda dy: (dy, None)
