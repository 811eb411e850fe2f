"""Activations, by layer or by name."""

from __future__ import annotations

from typing import Any

import numpy as np
from openvino import opset13 as ops

from bnn_zoo._keras import keras, tf
from bnn_zoo._layer_graph import Call
from bnn_zoo.deploy.openvino.binary import can_be_binary, sign_planes
from bnn_zoo.deploy.openvino.real import plus_minus_one
from bnn_zoo.deploy.openvino.value import Deferred, Output, Ready, Value, as_matrix, as_pixels, constant, name_node
from bnn_zoo.deploy.quantizers import is_sign
from bnn_zoo.deploy.registered import UnsupportedLayerError
from bnn_zoo.deploy.thresholds import BELOW_ZERO


def convert_activation(call: Call, inputs: list[Value]) -> Value:
    """Activation, Softmax and quantizers used as layers."""
    layer = call.layer
    if isinstance(layer, keras.layers.Softmax):
        if layer.axis not in (-1, len(inputs[0].shape)):
            raise UnsupportedLayerError(f"{call} has axis={layer.axis}; deployed can be a softmax over the channels (axis=-1).")
        return apply_activation(keras.activations.softmax, inputs[0], call.name)
    function = layer.activation if isinstance(layer, keras.layers.Activation) else layer
    result = apply_activation(function, inputs[0], call.name)
    return result.unchanged() if result is inputs[0] else result  # a value knows the uses of one layer's output


def apply_activation(function: Any, x: Value, name: str) -> Value:
    """A value behind an activation function.

    Raises:
        UnsupportedLayerError: for a function that is not known here.
    """
    known = keras.activations
    if function is None or function is known.linear:
        return x
    # A value without a name is the layer's own before its activation, and its node has the layer's name.
    node = f"{name}/{getattr(function, '__name__', 'activation')}" if not x.name else name
    if function in (known.softmax, tf.nn.softmax):
        return Value(Ready(_softmax(x, node)), x.shape)
    simple = {
        known.relu: ops.relu,
        tf.nn.relu: ops.relu,
        tf.nn.relu6: lambda y: ops.clamp(y, 0.0, 6.0),
        known.sigmoid: ops.sigmoid,
        tf.sigmoid: ops.sigmoid,
        known.tanh: ops.tanh,
        tf.tanh: ops.tanh,
        known.swish: ops.swish,
        tf.nn.swish: ops.swish,
        known.elu: lambda y: ops.elu(y, 1.0),
        tf.nn.elu: lambda y: ops.elu(y, 1.0),
        known.exponential: ops.exp,
        tf.exp: ops.exp,
    }
    if function in simple:
        result = simple[function](x.output()).output(0)
        name_node(result, node)
        return Value(Ready(result), x.shape)
    if is_sign(function):
        return sign_of(x)
    raise UnsupportedLayerError(
        f"layer {name!r} has the activation {function!r}; deployed can be relu, sigmoid, tanh, swish, elu, exponential and softmax "
        "of Keras or TensorFlow, tf.nn.relu6, linear, and binarizing ones. Register a converter for a layer class of your own."
    )


def sign_of(x: Value) -> Value:
    """A value's sign: bits for binary layers, +1.0 and -1.0 for others."""
    if can_be_binary(x.channels):
        return signs_from_bits(lambda: sign_planes(x).bits[0], lambda: float_signs(x), x)
    return Value(Ready(float_signs(x)), x.shape)


def signs_from_bits(bits: Any, floats: Any, x: Value) -> Value:
    """A value of signs that binary layers take as bits."""
    result = Value(Deferred(floats), x.shape)
    result.known_bits = bits
    return result


def float_signs(x: Value) -> Output:
    """A value's sign, with sign(0) = +1, in float32."""
    positive = ops.greater(x.output(), ops.constant(BELOW_ZERO))
    return plus_minus_one(ops.select(positive, np.float32(1), np.float32(0)).output(0))


def _softmax(x: Value, name: str) -> Output:
    if len(x.shape) > 1:
        return ops.softmax(x.output(), 1).output(0)
    result = ops.softmax(as_matrix(x.output()), 1).output(0)
    name_node(result, name)
    return as_pixels(result)


def convert_relu(call: Call, inputs: list[Value]) -> Value:
    """ReLU with or without a maximum or slope, and LeakyReLU."""
    layer, (x,) = call.layer, inputs
    leaky = isinstance(layer, keras.layers.LeakyReLU)
    slope = float(layer.alpha if leaky else layer.negative_slope)
    maximum = None if leaky else layer.max_value
    if not leaky and layer.threshold:
        raise UnsupportedLayerError(f"{call} has threshold={layer.threshold}; deployed can be a ReLU with threshold=0.")
    if slope:
        result = ops.prelu(x.output(), constant(np.array([slope]))).output(0)
        if maximum is not None:
            result = ops.minimum(result, np.float32(maximum)).output(0)
    elif maximum is None:
        result = ops.relu(x.output()).output(0)
    else:
        result = ops.clamp(x.output(), 0.0, float(maximum)).output(0)
    return Value(Ready(result), x.shape)


def convert_prelu(call: Call, inputs: list[Value]) -> Value:
    """PReLU: a slope for each channel, or for each pixel."""
    layer, (x,) = call.layer, inputs
    alpha = np.asarray(layer.alpha, np.float32)
    channels = alpha.shape[-1]
    if alpha.size == channels:
        result = ops.prelu(x.output(), constant(alpha.reshape(-1))).output(0)
    else:
        slopes = constant(np.moveaxis(np.broadcast_to(alpha, (*_sides(x), channels)), -1, 0)[None])
        below = ops.multiply(ops.minimum(x.output(), np.float32(0)), slopes)
        result = ops.add(ops.relu(x.output()), below).output(0)
    return Value(Ready(result), x.shape)


def convert_leaky_clip(call: Call, inputs: list[Value]) -> Value:
    """LeakyClip: what a clip cuts off comes back weakened."""
    x = inputs[0].output()
    clipped = ops.clamp(x, -1.0, 1.0)
    outside = ops.multiply(ops.subtract(x, clipped), np.float32(call.layer.slope))
    return Value(Ready(ops.add(clipped, outside).output(0)), inputs[0].shape)


def _sides(x: Value) -> tuple[int, ...]:
    if len(x.shape) == 1:
        return (1, 1)
    if None in x.shape:
        raise UnsupportedLayerError(
            f"the PReLU behind layer {x.name!r} has a slope for each pixel; give the model a fixed input size."
        )
    return tuple(side or 0 for side in x.shape[:2])
