"""larq's layers: convolutions and dense layers with quantizers."""

from __future__ import annotations

from typing import Any

import numpy as np
from openvino import opset13 as ops

from bnn_zoo._layer_graph import Call
from bnn_zoo.deploy.openvino.activations import apply_activation, float_signs
from bnn_zoo.deploy.openvino.binary import (
    MOST_BITS,
    Planes,
    binary_convolution,
    can_be_binary,
    quantized_planes,
    sign_planes,
    widely_padded_convolution,
)
from bnn_zoo.deploy.openvino.geometry import Geometry, explicit_padding, too_wide_padding, window_geometry
from bnn_zoo.deploy.openvino.real import LARGE, RealConvolution, RealDense, padded
from bnn_zoo.deploy.openvino.value import Output, Ready, Value
from bnn_zoo.deploy.quantizers import BinaryKernel, activation_bits, binary_kernel, is_sign, quantized_weight
from bnn_zoo.deploy.registered import UnsupportedLayerError
from bnn_zoo.deploy.steps import affine_step


def convert_quantized_conv(call: Call, inputs: list[Value]) -> Value:
    """QuantConv2D, and Conv2D as the case without quantizers."""
    layer = call.layer
    geometry = window_geometry(call, layer.kernel_size)
    pad_value = float(getattr(layer, "pad_values", 0.0)) if geometry.padded else 0.0
    return _finished(call, _convolution(call, inputs[0], quantized_weight(layer, "kernel"), geometry, pad_value, layer.groups))


def _convolution(call: Call, x: Value, weight: np.ndarray, geometry: Geometry, pad_value: float = 0.0, groups: int = 1) -> Value:
    """A layer's convolution with a kernel as its forward pass uses it, (rows, columns, channels of a group, filters)."""
    layer, size = call.layer, weight.shape[:2]
    kernel = binary_kernel(weight)
    bits = _input_bits(call, x)
    shape = tuple(call.node.output_shapes[1:])
    signed = _is_signed(layer)
    wide = too_wide_padding(geometry, size, x.shape, shape)
    has_binary_form = groups == 1 and _has_binary_form(bits, x.channels, pad_value, signed=signed)
    if kernel is not None and has_binary_form and (signed or wide is None):
        if wide is None:
            total, steps = binary_convolution(_planes(x, bits, signed), kernel, geometry, pad_value, signed=signed, name=call.name)
        else:
            total, steps = widely_padded_convolution(x, kernel, wide, pad_value, name=call.name)
        return Value(Ready(total), shape, steps)
    data = _real_inputs(layer, x, bits)
    if pad_value:
        explicit = explicit_padding(geometry, size, *x.shape[:2])
        if explicit is None:
            raise UnsupportedLayerError(
                f'{call} has pad_values={pad_value:g}, and how far padding="same" reaches under its strides depends on the size of '
                "the picture: give the model a fixed input size."
            )
        data, geometry = padded(x.output() if data is None else data, explicit, pad_value)
    stored, steps = weight, ()
    if kernel is not None and weight.size >= LARGE:
        # Signs can be stored as bytes; their scale goes behind.
        stored, steps = kernel.signs, (affine_step(kernel.scale, np.zeros(kernel.scale.size)),)
    channels_first = np.transpose(stored, (3, 2, 0, 1))
    source = RealConvolution(x, channels_first, call.name, data, foldable=not steps, geometry=geometry, groups=groups)
    return Value(source, shape, steps)


def convert_depthwise_conv(call: Call, inputs: list[Value]) -> Value:
    """DepthwiseConv2D."""
    layer, (x,) = call.layer, inputs
    geometry = window_geometry(call, layer.kernel_size)
    weight = np.asarray(layer.depthwise_kernel, np.float32)
    rows, columns, channels, multiplier = weight.shape
    kernel = np.transpose(weight, (2, 3, 0, 1)).reshape(channels * multiplier, 1, rows, columns)
    source = RealConvolution(x, kernel, call.name, geometry=geometry, groups=channels)
    return _finished(call, Value(source, tuple(call.node.output_shapes[1:])))


def convert_quantized_dense(call: Call, inputs: list[Value]) -> Value:
    """QuantDense, and Dense as the case without quantizers. Behind Flatten the kernel is turned instead of the features.

    Of pictures, (batch, height, width, channels), it is a 1x1 convolution.
    """
    layer, (x,) = call.layer, inputs
    weight = quantized_weight(layer, "kernel")
    if len(x.shape) == 3:
        return _finished(call, _convolution(call, x, weight[None, None], Geometry()))
    kernel = binary_kernel(weight)
    bits = _input_bits(call, x)
    pictures = x.flat_of if not x.steps else None
    window = (1, 1, x.channels) if pictures is None else pictures.shape
    if kernel is not None and _has_binary_form(bits, window[2] or 0, 0.0, signed=_is_signed(layer)):
        source = x if pictures is None else pictures
        signed = _is_signed(layer)
        turned = BinaryKernel(kernel.signs.reshape(*window, -1), kernel.scale)  # type: ignore[arg-type]
        total, steps = binary_convolution(_planes(source, bits, signed), turned, Geometry(), 0.0, signed=signed, name=call.name)
        return _finished(call, Value(Ready(total), (layer.units,), steps))
    if pictures is not None and bits is None:
        channels_first = weight.reshape(*window, -1).transpose(3, 2, 0, 1).reshape(layer.units, -1)  # type: ignore[arg-type]
        return _finished(call, Value(RealDense(pictures, channels_first, call.name), (layer.units,)))
    return _finished(call, Value(RealDense(x, weight.T, call.name, _real_inputs(layer, x, bits)), (layer.units,)))


def _finished(call: Call, value: Value) -> Value:
    layer = call.layer
    if layer.use_bias:
        bias = np.asarray(layer.bias, np.float64)
        value = value.followed_by(affine_step(np.ones_like(bias), bias))
    return apply_activation(layer.activation, value, call.name)


def _input_bits(call: Call, x: Value) -> int | None:
    """1 for signs, more for DoReFa activations, None for real-valued inputs.

    Raises:
        UnsupportedLayerError: for another input quantizer.
    """
    quantizer = getattr(call.layer, "input_quantizer", None)
    if quantizer is None:
        return 1 if x.known_bits is not None else None
    bits = activation_bits(quantizer)
    if bits is None:
        raise UnsupportedLayerError(
            f"{call} has the input quantizer {quantizer!r}; deployed can be those whose forward pass is sign "
            "(ste_sign, approx_sign, swish_sign and their like), DoReFa activations, and None. Register a converter for a layer "
            "class of your own."
        )
    return bits


def _is_signed(layer: Any) -> bool:
    quantizer = getattr(layer, "input_quantizer", None)
    return quantizer is None or is_sign(quantizer)


def _has_binary_form(bits: int | None, channels: int, pad_value: float, *, signed: bool) -> bool:
    # Padding of an activation of more bits is all bits or none; -1 is not among its values.
    paddings = (-1.0, 0.0, 1.0) if signed else (0.0, 1.0)
    return bits is not None and bits <= MOST_BITS and can_be_binary(channels) and pad_value in paddings


def _planes(x: Value, bits: int | None, signed: bool) -> Planes:
    assert bits is not None
    return sign_planes(x) if signed else quantized_planes(x, bits)


def _real_inputs(layer: Any, x: Value, bits: int | None) -> Output | None:
    """The quantized inputs in float32, or None where the inputs are not quantized."""
    if bits is None or (bits == 1 and x.known_bits is not None and getattr(layer, "input_quantizer", None) is None):
        return None
    if _is_signed(layer):
        return float_signs(x)
    steps = np.float32(2**bits - 1)
    counts = ops.round(ops.multiply(ops.clamp(x.output(), 0.0, 1.0), steps), "half_to_even")
    return ops.divide(counts, steps).output(0)
