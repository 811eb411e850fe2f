"""From a Keras model to its layers as data: the one file of the comparison that looks into Keras."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from bnn_zoo._keras import keras, larq, tf
from bnn_zoo._layer_graph import Call, LayerGraph, check_functional, read_layer_graph
from bnn_zoo.comparison.layers import Layer
from bnn_zoo.deploy.rebuild import sized_as_used

#: The name of the first layer; Keras counts the inputs of a process, so that its own name says nothing.
INPUT = "input"

#: TensorFlow's functions that Keras records as layers (`x + shortcut`), by the layers that do the same, or would.
_FUNCTIONS = {
    "__operators__.add": "Add",
    "concat": "Concatenate",
    "image.resize": "Resizing",
    "image.resize_with_pad": "Resizing",
    "math.add": "Add",
    "math.add_n": "Add",
    "math.maximum": "Maximum",
    "math.minimum": "Minimum",
    "math.multiply": "Multiply",
    "math.subtract": "Subtract",
    "nn.depth_to_space": "DepthToSpace",
    "nn.relu": "ReLU",
    "nn.softmax": "Softmax",
    "reshape": "Reshape",
}

#: Where Keras layers keep the size of their window.
_WINDOWS = ("kernel_size", "pool_size")


def read_layers(model: keras.Model) -> tuple[Layer, ...]:
    """The layers of any Keras model, with larq layers or without.

    Parameters, bits and multiply-accumulates are counted as larq's own summary counts them, with three differences: a layer that is
    used twice computes twice; a transposed convolution multiplies its kernel with every position of its input, not of its larger
    output; and the positions of channels_first maps are theirs, not channels times rows.

    Args:
        model: functional or sequential, with one input of pictures of a fixed size. Models inside it are inlined.

    Returns:
        The layers, in an order in which they can be computed; the first is the input.

    Raises:
        TypeError: if it is another kind of model, takes more than one input, or has a layer with a kernel whose operations cannot
            be counted, such as one that calls convolutions itself.
        ValueError: if height, width or channels of the pictures are free, two layers have one name, or a model inside it is used
            on another size than it was made for and has a layer that cannot be built anew.
    """
    check_functional(model, "comparison")
    if len(model.inputs) != 1 or len(model.inputs[0].shape) != 4:
        shapes = ", ".join(str(tuple(tensor.shape)) for tensor in model.inputs)
        raise TypeError(
            f"model {model.name!r} takes {shapes}; compared are networks that take pictures (batch, height, width, channels)."
        )
    pictures = tuple(model.inputs[0].shape[1:])
    if None in pictures:
        raise ValueError(
            f"model {model.name!r} takes pictures of {pictures}; sizes and operations depend on the size: pass "
            "input_shape=(224, 224, 3), or build the model with a fixed one."
        )
    graph = read_layer_graph(sized_as_used(model))
    _check_names(graph, model.name)
    first = INPUT
    while first in {call.name for call in graph.calls}:
        first += "_"
    names = {0: first}
    layers = [Layer(first, "InputLayer", output_shape=pictures)]
    for call in graph.calls:
        layers.append(_layer(call, tuple(names[tensor] for tensor in call.inputs)))
        names.update(dict.fromkeys(call.outputs, call.name))
    taken = {name for layer in layers for name in layer.inputs}
    given = taken.intersection(names[tensor] for tensor in graph.outputs)
    return tuple(dataclasses.replace(layer, is_output=layer.name in given) for layer in layers)


def _check_names(graph: LayerGraph, model: str) -> None:
    owners: dict[str, Any] = {}
    for call in graph.calls:
        if owners.setdefault(call.name, call.layer) is not call.layer:
            raise ValueError(
                f"model {model!r} has two layers named {call.name!r} (one of them in a model inside it); rename one of them."
            )


def _layer(call: Call, inputs: tuple[str, ...]) -> Layer:
    layer, first = call.layer, call.name == call.layer.name
    shape, *others = _output_shapes(call)
    weights = larq.models.LayerProfile(layer).weight_profiles
    kernels = []
    if isinstance(layer, larq.models.mac_containing_layers):
        kernels = [w for w in weights if _last_name(w._weight) != "bias"]
    else:
        _check_no_kernel(call)
    input_bits = getattr(getattr(layer, "input_quantizer", None), "precision", None) or 32
    positions = _positions(call, shape)
    window, strides = _geometry(layer)
    return Layer(
        call.name,
        _FUNCTIONS.get(getattr(layer, "symbol", ""), type(layer).__name__),
        inputs,
        shape,
        input_bits=input_bits,
        kernel_bits=max((w.bitwidth for w in kernels), default=None),
        parameters=layer.count_params() if first else 0,
        values=sum(w.count for w in weights) if first else 0,
        parameters_1bit=sum(w.count for w in weights if w.bitwidth == 1) if first else 0,
        size_bits=sum(w.memory for w in weights) if first else 0,
        macs=sum(w.count for w in kernels) * positions,
        macs_binary=sum(w.count for w in kernels if max(w.bitwidth, input_bits) == 1) * positions,
        window=window,
        strides=strides,
        has_bias=bool(getattr(layer, "use_bias", False)),
        other_outputs=sum(map(math.prod, others)),
    )


def _check_no_kernel(call: Call) -> None:
    for weight in call.layer.weights:
        if _last_name(weight).endswith("kernel") and len(weight.shape) > 1:
            raise TypeError(
                f"{call} has the kernel {weight.name!r} of the shape {tuple(weight.shape)}, and how often it is multiplied is not "
                "known; counted can be convolutions in two dimensions, depthwise, separable and transposed ones too, and dense "
                "layers, of Keras and of larq. Where a layer or model of your own calls such layers, call them on the tensors of a "
                "functional model instead: keras.Model(inputs, layers(inputs)), which may stand inside another one."
            )


def _last_name(weight: Any) -> str:
    """Without the layer, which may itself be called "bias"."""
    name: str = weight.name
    return name.rpartition("/")[2].partition(":")[0]


def _positions(call: Call, output: tuple[int, ...]) -> int:
    """How often the whole kernel is multiplied with features, for one picture."""
    layer = call.layer
    transposed = isinstance(layer, (keras.layers.Conv1DTranspose, keras.layers.Conv2DTranspose))
    shape = tuple(call.node.keras_inputs[0].shape[1:]) if transposed else output
    return math.prod(shape[1:] if getattr(layer, "data_format", None) == "channels_first" else shape[:-1])


def _output_shapes(call: Call) -> list[tuple[int, ...]]:
    shapes = [tuple(tensor.shape[1:]) for tensor in tf.nest.flatten(call.node.outputs)]
    for shape in shapes:
        if None in shape:
            raise ValueError(f"{call} gives {(None, *shape)}; the comparison needs fixed sizes all through the network.")
    return shapes


def _geometry(layer: Any) -> tuple[tuple[int, int], tuple[int, int]]:
    if "Global" in type(layer).__name__:
        return (0, 0), (1, 1)
    size = next((_pair(getattr(layer, name)) for name in _WINDOWS if hasattr(layer, name)), (1, 1))
    dilation = _pair(getattr(layer, "dilation_rate", 1))
    window = (size[0] - 1) * dilation[0] + 1, (size[1] - 1) * dilation[1] + 1
    return window, _pair(getattr(layer, "strides", 1))


def _pair(value: Any) -> tuple[int, int]:
    values = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    return (int(values[0]), int(values[-1]))
