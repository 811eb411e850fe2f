"""From a Keras model to an OpenVINO model, layer by layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from bnn_zoo._error_words import first_line
from bnn_zoo._keras import keras, larq
from bnn_zoo._layer_graph import Call, LayerGraph, read_layer_graph
from bnn_zoo.deploy.inference import check_inference
from bnn_zoo.deploy.one_picture import check_one_picture_in
from bnn_zoo.deploy.openvino import activations, channels, operators, quantized_layers, shapes, threshold_layer
from bnn_zoo.deploy.openvino.value import Ready, Value, as_matrix, as_pixels, name_node
from bnn_zoo.deploy.quantizers import is_sign
from bnn_zoo.deploy.rebuild import sized_as_used
from bnn_zoo.deploy.registered import UnsupportedLayerError, registered_converters

Converter: TypeAlias = Callable[[Call, list[Value]], Value]

_TO_CHANNELS_FIRST = np.array([0, 3, 1, 2], np.int64)
_TO_CHANNELS_LAST = np.array([0, 2, 3, 1], np.int64)


def converters() -> dict[type, Converter]:
    """A converter for each layer class; subclasses are not meant, since they may compute something else."""
    from bnn_zoo.blocks import channel_layers
    from bnn_zoo.blocks import layers as own

    known = keras.layers
    return {
        known.BatchNormalization: channels.convert_batch_norm,
        known.Conv2D: quantized_layers.convert_quantized_conv,
        known.DepthwiseConv2D: quantized_layers.convert_depthwise_conv,
        known.Dense: quantized_layers.convert_quantized_dense,
        larq.layers.QuantConv2D: quantized_layers.convert_quantized_conv,
        larq.layers.QuantDense: quantized_layers.convert_quantized_dense,
        own.SymmetricQuantConv2D: quantized_layers.convert_quantized_conv,
        known.Activation: activations.convert_activation,
        known.Softmax: activations.convert_activation,
        known.ReLU: activations.convert_relu,
        known.LeakyReLU: activations.convert_relu,
        known.PReLU: activations.convert_prelu,
        known.MaxPooling2D: shapes.convert_max_pool,
        own.SymmetricMaxPooling2D: shapes.convert_max_pool,
        known.AveragePooling2D: shapes.convert_average_pool,
        known.GlobalAveragePooling2D: shapes.convert_global_pool,
        known.GlobalMaxPooling2D: shapes.convert_global_pool,
        known.Add: shapes.convert_sum,
        known.Multiply: shapes.convert_product,
        known.Subtract: shapes.convert_difference,
        known.Maximum: shapes.convert_maximum,
        known.Concatenate: shapes.convert_concat,
        known.Flatten: shapes.convert_reshape,
        known.Reshape: shapes.convert_reshape,
        known.ZeroPadding2D: shapes.convert_zero_padding,
        known.Dropout: channels.convert_unchanged,
        known.SpatialDropout2D: channels.convert_unchanged,
        known.GaussianNoise: channels.convert_unchanged,
        own.ChannelGroup: shapes.convert_channel_group,
        own.ChannelShuffle: shapes.convert_channel_shuffle,
        own.AddToLastChannels: shapes.convert_add_to_last,
        own.ResizeLike: shapes.convert_resize,
        channel_layers.ChannelBias: channels.convert_channel_bias,
        channel_layers.ChannelScale: channels.convert_channel_scale,
        channel_layers.OuterScale: channels.convert_outer_scale,
        channel_layers.SoftGate: channels.convert_soft_gate,
        channel_layers.ChannelMix: channels.convert_channel_mix,
        channel_layers.PowerOfTwoPReLU: activations.convert_prelu,
        channel_layers.LeakyClip: activations.convert_leaky_clip,
        **threshold_layer.converters(),
    }


def convert(model: Any) -> ov.Model:
    """Builds the OpenVINO model of a Keras model.

    Args:
        model: functional or sequential, one input (batch, height, width, channels), one output.

    Returns:
        A model from (batch, height, width, channels) to (batch, classes) or (batch, height, width, channels), float32, whose
        batch is free. OpenVINO's CPU plugin wants it fixed before compilation: `model.reshape([8, 224, 224, 3])`.

    Raises:
        TypeError: for another kind of model.
        UnsupportedLayerError: for a layer that cannot be converted, with its name and node.
        ValueError: for more than one input or output.
    """
    check_one_picture_in(model)
    graph = read_layer_graph(sized_as_used(model))
    shape = tuple(model.input_shape[1:])
    parameter = ops.parameter(ov.PartialShape([-1, *(-1 if side is None else side for side in shape)]), np.float32, name="images")
    parameter.output(0).get_tensor().set_names({"images"})
    pictures = Value(Ready(ops.transpose(parameter, _TO_CHANNELS_FIRST).output(0)), shape)
    pictures.uses, pictures.name = graph.uses()[graph.inputs[0]], "images"
    name_node(pictures.output(), "images/channels_first")
    values = {graph.inputs[0]: pictures}
    _convert_calls(graph, values)
    result = values[graph.outputs[0]]
    output = as_matrix(result.output()) if len(result.shape) == 1 else ops.transpose(result.output(), _TO_CHANNELS_LAST).output(0)
    name_node(output, result.name if len(result.shape) == 1 else f"{result.name}/channels_last")
    output.get_tensor().set_names({"predictions" if len(result.shape) == 1 else "features"})
    network = ov.Model([output], [parameter], model.name)
    _make_names_unique(network)
    return network


def _make_names_unique(network: ov.Model) -> None:
    """The first node of a name keeps it, the second becomes "name/2": compilation would number them its own way."""
    nodes = network.get_ordered_ops()
    taken, seen = {node.get_friendly_name() for node in nodes}, set()
    for node in nodes:
        name, number = node.get_friendly_name(), 1
        while name in seen or (number > 1 and name in taken):
            number += 1
            name = f"{node.get_friendly_name()}/{number}"
        seen.add(name)
        if number > 1:
            node.set_friendly_name(name)


def _convert_calls(graph: LayerGraph, values: dict[int, Value]) -> None:
    table, uses, consumers = converters(), graph.uses(), graph.consumers()
    for call in graph.calls:
        if len(call.outputs) != 1:
            raise UnsupportedLayerError(
                f"{call} gives {len(call.outputs)} tensors; layers of one output can be converted to OpenVINO: take one for each."
            )
        converter = _converter_for(call, table)
        result = converter(call, [values[tensor] for tensor in call.inputs])
        (tensor,) = call.outputs
        result.uses = uses[tensor]
        result.only_binarized = uses[tensor] == len(consumers.get(tensor, [])) and all(map(_binarizes, consumers.get(tensor, [])))
        result.name = result.name or call.name
        values[tensor] = result


def _binarizes(call: Call) -> bool:
    quantizer = getattr(call.layer, "input_quantizer", None)
    return quantizer is not None and is_sign(quantizer)


def _converter_for(call: Call, table: dict[type, Converter]) -> Converter:
    own = registered_converters().get(type(call.layer))
    if own is not None:
        return lambda _, inputs: _with_registered(own, call, inputs)
    converter = table.get(type(call.layer)) or operators.operator_converter(call)
    if converter is None and is_sign(call.layer):
        converter = activations.convert_activation
    if converter is None:
        raise UnsupportedLayerError(f"{call}, cannot be converted to OpenVINO. {_advice(call.layer)}")
    _check_data_format(call)
    check_inference(call)
    return converter


def _advice(layer: Any) -> str:
    register = "bnn_zoo.deploy.register_converter({}, function)."
    symbol = operators.function_of(layer)
    if symbol is None:
        return f"Register a converter for its class: {register.format(type(layer).__name__)}"
    # A converter for the class would be one for every function, the + of a shortcut included.
    return (
        f"It is TensorFlow's function {symbol}, which Keras made a layer of: put it into a layer class of your own, and register a "
        f"converter for that class: {register.format('YourLayer')}"
    )


def _check_data_format(call: Call) -> None:
    data_format = getattr(call.layer, "data_format", "channels_last")
    if data_format != "channels_last":
        raise UnsupportedLayerError(f'{call} has data_format="{data_format}"; deployment takes channels_last models only.')


def _with_registered(function: Callable[..., Any], call: Call, inputs: list[Value]) -> Value:
    given = [as_matrix(x.output()) if len(x.shape) == 1 else x.output() for x in inputs]
    try:
        result = function(call.layer, given)
    except Exception as error:  # of a user's own function
        raise UnsupportedLayerError(
            f"{call}: the converter that is registered for its class failed ({type(error).__name__}: {first_line(error)})."
        ) from error
    output = result.output(0) if isinstance(result, ov.Node) else result
    if not isinstance(output, ov.Output):
        raise UnsupportedLayerError(
            f"{call}: the converter that is registered for its class gave {result!r}; it must give an OpenVINO node or output."
        )
    shape = tuple(call.node.output_shapes[1:])
    return Value(Ready(as_pixels(output) if len(shape) == 1 else output), shape)
