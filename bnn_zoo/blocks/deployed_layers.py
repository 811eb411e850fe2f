"""Keras layers that deployed networks have in place of others. Importing this file loads TensorFlow."""

from __future__ import annotations

from typing import Any

from bnn_zoo._keras import Tensor, keras, tf


@keras.utils.register_keras_serializable("bnn_zoo")
class ChannelThreshold(keras.layers.Layer):
    """+1 above a limit and -1 at it or below, channel by channel; the other way round where `rising` is 0.

    Its weights are `limit` and `rising`, (channels,), float32; both are found by `fold_batch_norm`, not trained.
    """

    def build(self, input_shape: Any) -> None:
        channels = (int(input_shape[-1]),)
        self.limit = self.add_weight("limit", channels, initializer="zeros", trainable=False)
        self.rising = self.add_weight("rising", channels, initializer="ones", trainable=False)
        super().build(input_shape)

    def call(self, inputs: Tensor) -> Tensor:
        return tf.where(tf.equal(inputs > self.limit, self.rising > 0), 1.0, -1.0)


@keras.utils.register_keras_serializable("bnn_zoo")
class ChannelAffine(keras.layers.Layer):
    """scale * x + shift, channel by channel. Its weights are `scale` and `shift`, (channels,), float32."""

    def build(self, input_shape: Any) -> None:
        channels = (int(input_shape[-1]),)
        self.scale = self.add_weight("scale", channels, initializer="ones", trainable=False)
        self.shift = self.add_weight("shift", channels, initializer="zeros", trainable=False)
        super().build(input_shape)

    def call(self, inputs: Tensor) -> Tensor:
        return inputs * self.scale + self.shift


@keras.utils.register_keras_serializable("bnn_zoo")
class Border(keras.layers.Layer):
    """Pads pictures with one value.

    Args:
        padding: ((top, bottom), (left, right)), pixels.
        value: of the new pixels.
    """

    def __init__(self, padding: Any, value: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.padding, self.value = padding, value

    def call(self, inputs: Tensor) -> Tensor:
        return tf.pad(inputs, [(0, 0), *self.padding, (0, 0)], constant_values=self.value)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "padding": self.padding, "value": self.value}


@keras.utils.register_keras_serializable("bnn_zoo")
class PixelShift(keras.layers.Layer):
    """x - shift, pixel by pixel. Its weight is `shift`, (height, width, channels), float32."""

    def build(self, input_shape: Any) -> None:
        shape = tuple(int(side) for side in input_shape[1:])
        self.shift = self.add_weight("shift", shape, initializer="zeros", trainable=False)
        super().build(input_shape)

    def call(self, inputs: Tensor) -> Tensor:
        # Flat, because Larq Compute Engine's converter would take a shift of pictures for a bias and crash.
        flat = tf.reshape(inputs, (-1, inputs.shape[1] * inputs.shape[2] * inputs.shape[3]))
        return tf.reshape(flat - tf.reshape(self.shift, (-1,)), (-1, *inputs.shape[1:]))


@keras.utils.register_keras_serializable("bnn_zoo")
class PixelScale(keras.layers.Layer):
    """scale * x, the same for all channels of a pixel. Its weight is `scale`, (height * width, 1), float32."""

    def build(self, input_shape: Any) -> None:
        self.scale = self.add_weight("scale", (int(input_shape[1] * input_shape[2]), 1), initializer="ones", trainable=False)
        super().build(input_shape)

    def call(self, inputs: Tensor) -> Tensor:
        # Flat, because Larq Compute Engine's converter would take a scale of pixels for one of channels and crash.
        rows = tf.reshape(inputs, (-1, self.scale.shape[0], inputs.shape[3]))
        return tf.reshape(rows * self.scale, (-1, *inputs.shape[1:]))


@keras.utils.register_keras_serializable("bnn_zoo")
class BitPlane(keras.layers.Layer):
    """Positive where one bit of an activation of `bits` bits is 0, negative where it is 1.

    Args:
        bit: which one; 0 is the lowest.
        bits: of the activation, whose 2^bits steps lie in [0, 1].
    """

    def __init__(self, bit: int, bits: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bit, self.bits = bit, bits

    def call(self, inputs: Tensor) -> Tensor:
        counts = tf.round(tf.clip_by_value(inputs, 0.0, 1.0) * (2**self.bits - 1))
        if self.bit < self.bits - 1:
            period = 2.0 ** (self.bit + 1)
            counts -= period * tf.floor(counts / period)
        return 2.0**self.bit - 0.5 - counts

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "bit": self.bit, "bits": self.bits}
