"""The Keras layers that neither Keras nor larq has. Importing this file loads TensorFlow.

It also makes Keras know every class that a network of this package may hold, larq's included, by name: after
`import bnn_zoo.blocks.layers` Keras's own `model_from_json` and `load_model` read what `to_json` and `save` wrote.
"""

from __future__ import annotations

from typing import Any

from bnn_zoo._keras import Tensor, keras, larq, tf
from bnn_zoo.blocks import channel_layers as channel_layers  # registers its classes, as this file does
from bnn_zoo.blocks import quantizers as quantizers


@keras.utils.register_keras_serializable("bnn_zoo")
class SymmetricQuantConv2D(larq.layers.QuantConv2D):
    """larq's QuantConv2D whose "same" padding is the same on both sides, as PyTorch pads.

    TensorFlow pads a stride-2 convolution of an even input at the end only. The padding comes after the input quantizer, so that
    zeros stay zeros.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_native_padding = self.padding != "same"
        if self.padding == "same" and not all(size % 2 for size in self.kernel_size):
            raise ValueError(f"kernel_size is {self.kernel_size}; what is padded on both sides alike needs odd sizes.")

    def _get_spatial_padding_same(self, shape: Any) -> list[tuple[int, int]]:
        sides = [(size - 1) * rate // 2 for size, rate in zip(self.kernel_size, self.dilation_rate, strict=True)]
        return [(side, side) for side in sides]


@keras.utils.register_keras_serializable("bnn_zoo")
class SymmetricMaxPooling2D(keras.layers.MaxPooling2D):
    """A max-pool whose "same" padding is the same on both sides, as PyTorch pads. Padding never wins the maximum."""

    def call(self, inputs: Tensor) -> Tensor:
        rows, columns = ((size - 1) // 2 for size in self.pool_size)
        padding = [[0, 0], [rows, rows], [columns, columns], [0, 0]]
        return tf.nn.max_pool2d(inputs, self.pool_size, self.strides, padding if self.padding == "same" else "VALID")


@keras.utils.register_keras_serializable("bnn_zoo")
class ChannelGroup(keras.layers.Layer):
    """One of `groups` equal parts of the channels: (batch, height, width, c) to (batch, height, width, c / groups)."""

    def __init__(self, group: int, groups: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.group, self.groups = group, groups

    def call(self, inputs: Tensor) -> Tensor:
        width = inputs.shape[-1] // self.groups
        # Not indexing, which builds eight operations where this builds one.
        return tf.slice(inputs, [0] * (inputs.shape.rank - 1) + [self.group * width], [-1] * (inputs.shape.rank - 1) + [width])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "group": self.group, "groups": self.groups}


@keras.utils.register_keras_serializable("bnn_zoo")
class ChannelShuffle(keras.layers.Layer):
    """The channels in another order: the first of each of `groups` equal parts, then the second of each, and so on.

    So that a convolution in groups behind it sees channels from all over. The shape stays, (batch, height, width, channels).

    Source: ShuffleNet: An Extremely Efficient Convolutional Neural Network for Mobile Devices, Zhang et al., 2017,
    arXiv 1707.01083.
    """

    def __init__(self, groups: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.groups = groups

    def call(self, inputs: Tensor) -> Tensor:
        parts = tf.reshape(inputs, (-1, self.groups, inputs.shape[-1] // self.groups))
        return tf.reshape(tf.transpose(parts, (0, 2, 1)), tf.shape(inputs))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "groups": self.groups}


@keras.utils.register_keras_serializable("bnn_zoo")
class AddToLastChannels(keras.layers.Layer):
    """Adds a narrow tensor to the last channels of a wide one.

    Takes [wide, narrow], (batch, height, width, c) and (batch, height, width, k) with k <= c, and gives the shape of `wide`.
    """

    def call(self, inputs: list[Tensor]) -> Tensor:
        wide, narrow = inputs
        missing = wide.shape[-1] - narrow.shape[-1]
        return wide + tf.pad(narrow, [[0, 0], [0, 0], [0, 0], [missing, 0]])


@keras.utils.register_keras_serializable("bnn_zoo")
class ResizeLike(keras.layers.Layer):
    """Resizes features to height and width of pictures: bilinear, pixels' centres laid over each other.

    Takes [features, pictures], (batch, h, w, c) and (batch, height, width, any), and gives (batch, height, width, c). Of the
    pictures only the size is looked at, which may be free.
    """

    def call(self, inputs: list[Tensor]) -> Tensor:
        features, pictures = inputs
        known = pictures.shape[1:3]
        resized = tf.image.resize(features, known if known.is_fully_defined() else tf.shape(pictures)[1:3])
        return tf.ensure_shape(resized, (None, *known, features.shape[-1]))


@larq.utils.register_keras_custom_object  # in an .h5 file Keras names an initializer without its package
@keras.utils.register_keras_serializable("bnn_zoo")
class BlurPoolInitializer(keras.initializers.Initializer):
    """Fills a depthwise kernel with a binomial low-pass filter that sums to one.

    Source: Making Convolutional Networks Shift-Invariant Again, Zhang, 2019, arXiv 1904.11486.
    """

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Tensor:
        rows = {2: [1.0, 1.0], 3: [1.0, 2.0, 1.0], 5: [1.0, 4.0, 6.0, 4.0, 1.0]}
        if shape[0] not in rows:
            raise ValueError(f"a blur-pool kernel has 2, 3 or 5 rows; got {shape[0]}.")
        row = tf.constant(rows[shape[0]], dtype or tf.float32)
        kernel = row[:, None] * row[None, :]
        return tf.tile((kernel / tf.reduce_sum(kernel))[:, :, None, None], [1, 1, shape[2], shape[3]])

    def get_config(self) -> dict[str, Any]:
        return {}
