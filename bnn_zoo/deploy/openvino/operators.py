"""TensorFlow's functions on Keras tensors, such as `x + shortcut`, which Keras keeps as layers of the class TFOpLambda."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from bnn_zoo._keras import keras
from bnn_zoo._layer_graph import Call
from bnn_zoo.deploy.openvino import activations, shapes
from bnn_zoo.deploy.openvino.value import Value
from bnn_zoo.deploy.registered import UnsupportedLayerError
from bnn_zoo.deploy.steps import Step, affine_step

# Of two tensors; sums, products and differences of a tensor and a constant too.
_JOINING = {
    "__operators__.add": shapes.convert_sum,
    "math.add": shapes.convert_sum,
    "math.multiply": shapes.convert_product,
    "math.subtract": shapes.convert_difference,
    "math.maximum": shapes.convert_maximum,
}


def operator_converter(call: Call) -> Callable[[Call, list[Value]], Value] | None:
    """What converts a function of TensorFlow; None for other layers, and for functions that are not known here."""
    if type(call.layer).__name__ != "TFOpLambda":
        return None
    if call.layer.symbol in _JOINING:
        return _convert_joining
    return _convert_as_layer if call.layer.symbol in _layers() else None


def function_of(layer: Any) -> str | None:
    """The name of the TensorFlow function that Keras made this layer of; None for other layers."""
    if not type(layer).__module__.endswith(".tf_op_layer"):  # TFOpLambda, SlicingOpLambda and their like
        return None
    return getattr(layer, "symbol", None) or layer.name


def _layers() -> dict[str, tuple[Callable[..., Any], Callable[[Call, list[Value]], Value]]]:
    """By the function's name: its arguments to the layer that computes the same, and that layer's converter."""
    known = keras.layers
    return {
        "concat": (lambda values, axis: known.Concatenate(axis), _convert_concat),
        "nn.relu": (lambda features: known.ReLU(), activations.convert_relu),
        "nn.relu6": (lambda features: known.ReLU(6.0), activations.convert_relu),
        "nn.softmax": (lambda logits, axis=-1: known.Softmax(axis), activations.convert_activation),
        "math.sigmoid": (lambda x: known.Activation("sigmoid"), activations.convert_activation),
        "math.tanh": (lambda x: known.Activation("tanh"), activations.convert_activation),
    }


def _convert_as_layer(call: Call, inputs: list[Value]) -> Value:
    layer_of, convert = _layers()[call.layer.symbol]
    arguments, named = call.arguments(inputs)
    layer = layer_of(*arguments, **_without_name(named))
    layer._name = call.layer.name
    return convert(replace(call, layer=layer), inputs)


def _convert_concat(call: Call, inputs: list[Value]) -> Value:
    result = shapes.convert_concat(call, inputs)
    if sum(x.channels for x in inputs) != result.channels:
        raise UnsupportedLayerError(f"{call} joins tensors and a constant; deployed can be a concatenation of tensors only.")
    return result


def _convert_joining(call: Call, inputs: list[Value]) -> Value:
    arguments, named = call.arguments(inputs)
    left, right = _operands(*arguments, **_without_name(named))
    if len(inputs) == 2:
        return _JOINING[call.layer.symbol](call, [left, right])
    (x,) = inputs
    number = np.asarray(right if left is x else left, np.float64)
    by_channel = number.size == 1 or number.shape[-1] == number.size == x.channels
    if call.layer.symbol == "math.maximum" or not by_channel or number.ndim > len(x.shape) + 1:
        raise UnsupportedLayerError(
            f"{call} joins a tensor with a constant of the shape {number.shape}; deployed can be sums, differences and products "
            "with one number, or with one for each channel."
        )
    return x.followed_by(_step(call.layer.symbol, np.broadcast_to(number.reshape(-1), x.channels), constant_first=left is not x))


def _step(symbol: str, number: np.ndarray, *, constant_first: bool) -> Step:
    if symbol == "math.multiply":
        return affine_step(number, np.zeros_like(number))
    if symbol != "math.subtract":
        return affine_step(np.ones_like(number), number)
    return affine_step(-np.ones_like(number), number) if constant_first else affine_step(np.ones_like(number), -number)


def _operands(x: Any, y: Any) -> tuple[Any, Any]:
    return x, y


def _without_name(named: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in named.items() if key != "name"}
