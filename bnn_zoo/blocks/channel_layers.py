"""Layers that treat each channel, or each value, by itself. Importing this file loads TensorFlow."""

from __future__ import annotations

from typing import Any

from bnn_zoo._keras import Tensor, keras, tf


@keras.utils.register_keras_serializable("bnn_zoo")
class ChannelBias(keras.layers.Layer):
    """factor * x + bias: a learnt bias for each channel, and a fixed factor.

    Its weight is `bias`, (channels,). In front of a sign the bias is a learnt threshold.

    Source: ReActNet, Liu et al., 2020, arXiv 2003.03488.
    """

    def __init__(self, factor: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.factor = factor

    def build(self, input_shape: Any) -> None:
        self.bias = self.add_weight("bias", (int(input_shape[-1]),), initializer="zeros")
        super().build(input_shape)

    def call(self, inputs: Tensor) -> Tensor:
        return (inputs if self.factor == 1.0 else inputs * self.factor) + self.bias

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}


@keras.utils.register_keras_serializable("bnn_zoo")
class ChannelScale(keras.layers.Layer):
    """factor * gain * x: a learnt gain for each channel or for all of them, and a fixed factor.

    Its weight is `gain`, (channels,), or (1,) where it is the same for all channels.

    Source: A&B BNN, Ma et al., 2024, arXiv 2403.03739; with one gain for all channels Group-Net, Zhuang et al., 2019, arXiv
    1811.10413.
    """

    def __init__(self, factor: float = 1.0, *, same_for_all: bool = False, start: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.factor, self.same_for_all, self.start = factor, same_for_all, start

    def build(self, input_shape: Any) -> None:
        gains = 1 if self.same_for_all else int(input_shape[-1])
        self.gain = self.add_weight("gain", (gains,), initializer=keras.initializers.Constant(self.start))
        super().build(input_shape)

    def call(self, inputs: Tensor) -> Tensor:
        return inputs * (self.gain * self.factor)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor, "same_for_all": self.same_for_all, "start": self.start}


@keras.utils.register_keras_serializable("bnn_zoo")
class SoftGate(keras.layers.Layer):
    """Mixes two tensors of one shape: share * first + (1 - share) * second, the share a learnt number in (0, 1).

    Its weight is `gate`, (1,); the share is its sigmoid. One gate may be used for several pairs.

    Source: Group-Net, Zhuang et al., 2019, arXiv 1811.10413.
    """

    def build(self, input_shape: Any) -> None:
        self.gate = self.add_weight("gate", (1,), initializer="zeros")
        super().build(input_shape)

    def call(self, inputs: list[Tensor]) -> Tensor:
        first, second = inputs
        share = tf.sigmoid(tf.convert_to_tensor(self.gate))
        return share * first + (1 - share) * second


def _shares(x: Tensor) -> Tensor:
    return tf.clip_by_value(x, 0, 1)


@keras.utils.register_keras_serializable("bnn_zoo")
class ChannelMix(keras.layers.Layer):
    """Mixes two tensors of one shape: share * first + (1 - share) * second, the share in [0, 1] learnt for each channel.

    Its weight is `share`, (channels,), which training keeps in [0, 1].

    Source: BNext, Guo et al., 2022, arXiv 2211.12933.
    """

    def build(self, input_shape: Any) -> None:
        half = keras.initializers.Constant(0.5)
        self.share = self.add_weight("share", (int(input_shape[0][-1]),), initializer=half, constraint=_shares)
        super().build(input_shape)

    def call(self, inputs: list[Tensor]) -> Tensor:
        first, second = inputs
        return self.share * first + (1 - self.share) * second


@keras.utils.register_keras_serializable("bnn_zoo")
class OuterScale(keras.layers.Layer):
    """Every value times a learnt factor of its row, of its column and of its channel.

    Its weights are `scale_h`, (height, 1, 1), `scale_w`, (1, width, 1), and `scale_c`, (1, 1, channels).

    Source: XNOR-Net++: Improved Binary Neural Networks, Bulat and Tzimiropoulos, 2019, arXiv 1909.13863.
    """

    def build(self, input_shape: Any) -> None:
        height, width, channels = (int(side) for side in input_shape[1:])
        self.scale_h = self.add_weight("scale_h", (height, 1, 1), initializer="ones")
        self.scale_w = self.add_weight("scale_w", (1, width, 1), initializer="ones")
        self.scale_c = self.add_weight("scale_c", (1, 1, channels), initializer="ones")
        super().build(input_shape)

    def call(self, inputs: Tensor) -> Tensor:
        # Not the product of all three first: a deployed network would hold it whole, height x width x channels numbers.
        return inputs * (self.scale_h * self.scale_w) * self.scale_c


@keras.utils.register_keras_serializable("bnn_zoo")
class PowerOfTwoPReLU(keras.layers.Layer):
    """PReLU whose slopes are powers of two, so that a shift of bits takes the place of its multiplication.

    Its weight is `exponent`, (channels,): the slope is 2 to the power of the rounded exponent. The gradient passes the rounding.

    Source: A&B BNN, Ma et al., 2024, arXiv 2403.03739.
    """

    def build(self, input_shape: Any) -> None:
        self.exponent = self.add_weight("exponent", (int(input_shape[-1]),), initializer=keras.initializers.Constant(-3.0))
        super().build(input_shape)

    @property
    def alpha(self) -> Tensor:
        """The slopes, (channels,), under the name that they have in Keras's PReLU."""
        exponent = tf.convert_to_tensor(self.exponent)
        return tf.pow(tf.constant(2, exponent.dtype), tf.grad_pass_through(tf.round)(exponent))

    def call(self, inputs: Tensor) -> Tensor:
        zero = tf.constant(0, inputs.dtype)
        return tf.maximum(inputs, zero) + self.alpha * tf.minimum(inputs, zero)


@keras.utils.register_keras_serializable("bnn_zoo")
class LeakyClip(keras.layers.Layer):
    """The identity inside [-1, 1], a line of small slope outside.

    Source: Bi-Real Net: Binarizing Deep Network Towards Real-Network Performance, Liu et al., 2018, arXiv 1811.01335.
    """

    def __init__(self, slope: float = 0.1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.slope = slope

    def call(self, inputs: Tensor) -> Tensor:
        clipped = tf.clip_by_value(inputs, -1, 1)
        return clipped + self.slope * (inputs - clipped)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "slope": self.slope}
