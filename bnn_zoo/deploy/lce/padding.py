"""Padding in the words that Larq Compute Engine's converter reads right, and keeps binary.

The converter takes padding in front of a convolution for TensorFlow's "same" padding wherever the output has the size that "same"
padding gives and the end is padded by as much as the start, or by one pixel more. But 1 and 1 pixel around an even side, under a
3x3 kernel with stride 2, is not "same", which is 0 and 1 there. Padding that no window meets is left out here: what is not "same"
then has less at its end than at its start, and is read as what it is.

Explicit zeros between a quantizer and its convolution make the convolution a float one, even where they are "same" padding. Ones of
either sign can be padded before the quantizer. Zeros cannot; "same" padding gives them, of a longer picture where that of this one
lies elsewhere, or ones whose share is taken away behind.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bnn_zoo._keras import Tensor, keras, larq, tf
from bnn_zoo._layer_graph import Call
from bnn_zoo.deploy.rebuild import Copies
from bnn_zoo.deploy.window import Window, windows_of


def binary_convolution(layer: Any, x: Tensor, signs: np.ndarray, pad_value: float, name: str) -> Tensor:
    """A layer's convolution of sign(x), without its scale and bias.

    The engine has no binary convolution in groups: each group becomes one of its own.

    Args:
        layer: a larq QuantConv2D, or a symmetric one.
        x: real-valued, (batch, height, width, channels).
        signs: the kernel, +1 and -1, (rows, columns, channels of a group, filters).
        pad_value: of "same" padding: -1, 0 or 1.
        name: of the new layer.
    """
    if layer.groups == 1:
        return _of_one_group(layer, x, signs, pad_value, name)
    from bnn_zoo.blocks.layers import ChannelGroup

    results = []
    for group, kernel in enumerate(np.split(signs, layer.groups, axis=3)):
        part = ChannelGroup(group, layer.groups)(x)
        results.append(_of_one_group(layer, part, kernel, pad_value, f"{name}_group{group}"))
    return keras.layers.Concatenate()(results)


def _of_one_group(layer: Any, x: Tensor, signs: np.ndarray, pad_value: float, name: str) -> Tensor:
    if layer.padding != "same":
        return _convolution(layer, x, signs, name, padding="valid")
    windows = windows_of(layer, x.shape)
    if pad_value:
        return _padded_with_ones(layer, x, signs, windows, pad_value, name)
    longer = [longer for window in windows if (longer := window.lengthened()) is not None]
    # The engine's correction of zero padding takes it for granted that a kernel sticks out on one side only.
    if len(longer) < len(windows) or any(window.length < window.reach for window in longer):
        return _without_ones(layer, x, signs, windows, name)
    pixels = [(0, new.length - old.length) for old, new in zip(windows, longer, strict=True)]
    places = [(0, new.places - old.places) for old, new in zip(windows, longer, strict=True)]
    y = _convolution(layer, _bordered(x, pixels, 1.0), signs, name, padding="same")
    return keras.layers.Cropping2D(places)(y) if any(map(any, places)) else y


def real_convolution(copies: Copies, call: Call, x: Tensor) -> Tensor:
    """A symmetric convolution that is computed in float32, its input quantized or not."""
    layer = call.layer
    if layer.input_quantizer is not None:
        x = keras.layers.Activation(layer.input_quantizer)(x)
    x = _around(x, windows_of(layer, x.shape), layer.pad_values)
    new = copies.of(call, padding="valid", input_quantizer=None)
    y = new(x)
    new.set_weights(layer.get_weights())
    return y


def max_pool(layer: Any, x: Tensor) -> Tensor:
    """A symmetric max-pool, of which TensorFlow Lite has none."""
    windows = windows_of(layer, x.shape)
    if all(window.is_tensorflow_same for window in windows):
        return keras.layers.MaxPooling2D(layer.pool_size, layer.strides, "same", name=layer.name)(x)
    x = _around(x, windows, float(np.finfo(np.float32).min))
    return keras.layers.MaxPooling2D(layer.pool_size, layer.strides, "valid", name=layer.name)(x)


def zero_padding(layer: Any, x: Tensor) -> Tensor:
    """A layer of zero padding as two, end and start: neither is mistaken for "same" padding that it is not."""
    x = _bordered(x, [(0, end) for _, end in layer.padding], 0.0)
    return _bordered(x, [(start, 0) for start, _ in layer.padding], 0.0)


def _around(x: Tensor, windows: list[Window], value: float) -> Tensor:
    return _bordered(x, [(window.start, window.end) for window in windows], value)


def _bordered(x: Tensor, padding: list[tuple[int, int]], value: float) -> Tensor:
    from bnn_zoo.blocks.deployed_layers import Border

    return Border(padding, value)(x) if any(map(any, padding)) else x


def _padded_with_ones(layer: Any, x: Tensor, signs: np.ndarray, windows: list[Window], pad_value: float, name: str) -> Tensor:
    if pad_value == 1 and all(window.is_tensorflow_same for window in windows):
        return _convolution(layer, x, signs, name, padding="same", pad_values=1.0)
    return _convolution(layer, _around(x, windows, pad_value), signs, name, padding="valid")


def _without_ones(layer: Any, x: Tensor, signs: np.ndarray, windows: list[Window], name: str) -> Tensor:
    """The convolution with padding of +1, and what the padding adds taken away."""
    from bnn_zoo.blocks.deployed_layers import PixelShift

    y = _padded_with_ones(layer, x, signs, windows, 1.0, name)
    padding = [(0, 0), *((window.start, window.end) for window in windows), (0, 0)]
    border = np.pad(np.zeros((1, *x.shape[1:]), np.float32), padding, constant_values=1)
    added = tf.nn.convolution(border, signs, strides=layer.strides, padding="VALID", dilations=layer.dilation_rate)
    shift = PixelShift()
    result = shift(y)
    shift.set_weights([np.asarray(added)[0]])
    return result


def pointwise_convolution(x: Tensor, signs: np.ndarray, name: str) -> Tensor:
    """A 1x1 convolution of sign(x), (batch, height, width, channels), with a kernel of signs, (1, 1, channels, filters)."""
    return _quantized(x, signs, name, padding="valid")


def _convolution(layer: Any, x: Tensor, signs: np.ndarray, name: str, **options: Any) -> Tensor:
    return _quantized(x, signs, name, strides=layer.strides, dilation_rate=layer.dilation_rate, **options)


def _quantized(x: Tensor, signs: np.ndarray, name: str, **options: Any) -> Tensor:
    layer = larq.layers.QuantConv2D(
        signs.shape[3],
        signs.shape[:2],
        use_bias=False,
        input_quantizer="ste_sign",
        kernel_quantizer="ste_sign",
        kernel_constraint="weight_clip",
        name=name,
        **options,
    )
    y = layer(x)
    layer.set_weights([signs])
    return y
