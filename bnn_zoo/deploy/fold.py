"""Batch norm folded into what stands around it."""

from __future__ import annotations

from typing import Any

import numpy as np

from bnn_zoo._keras import Tensor, keras
from bnn_zoo._layer_graph import Call, LayerGraph, read_layer_graph
from bnn_zoo.deploy.quantizers import is_sign
from bnn_zoo.deploy.rebuild import Copies, again, rebuild
from bnn_zoo.deploy.steps import batch_norm_step, exactly, is_batch_norm_step
from bnn_zoo.deploy.thresholds import find_thresholds


def fold_batch_norm(model: Any) -> Any:
    """A network for inference with as little batch norm as can be.

    Batch norm of which only the sign is used becomes a threshold for each channel: found among the float32 numbers, with the
    direction turned where gamma is negative and a constant where it is 0, it changes no output at all. Batch norm behind a
    convolution or dense layer in full precision goes into its kernel and bias, which changes the order of float operations: outputs
    differ by roundings, and a feature that close to zero may change its sign (`bnn_zoo.deploy.compare` shows by how much). All
    other batch norm stays.

    Args:
        model: a functional or sequential keras.Model. It is not changed.

    Returns:
        A new keras.Model with the same inputs and outputs.

    Raises:
        TypeError: for another kind of model.
        UnsupportedLayerError: for a layer that cannot be copied.
    """
    graph = read_layer_graph(model)
    consumers, uses = graph.consumers(), graph.uses()
    producers = {tensor: call for call in graph.calls for tensor in call.outputs}
    times_used: dict[int, int] = {}
    for call in graph.calls:
        times_used[id(call.layer)] = times_used.get(id(call.layer), 0) + 1
    norms = [call for call in graph.calls if is_batch_norm_step(call)]
    binarized = {call.outputs for call in norms if only_sign_counts(call.outputs[0], graph, consumers)}
    into: dict[tuple[int, ...], Call] = {}
    for call in norms:
        before = producers.get(call.inputs[0])
        if call.outputs in binarized or before is None or uses[call.inputs[0]] > 1 or times_used[id(before.layer)] > 1:
            continue
        if _is_real(before.layer):
            into[before.outputs] = call

    folded = {norm.outputs for norm in into.values()}

    def emit(_: LayerGraph, copies: Copies, call: Call, tensors: list[Tensor]) -> Tensor:
        if call.outputs in binarized:
            return _threshold(call, tensors[0])
        if call.outputs in into:
            return _with_batch_norm(copies, call, into[call.outputs].layer, tensors[0])
        return tensors[0] if call.outputs in folded else again(copies, call, tensors)

    return rebuild(model, emit)


def only_sign_counts(tensor: int, graph: LayerGraph, consumers: dict[int, list[Call]]) -> bool:
    """Whether of a tensor nothing but its sign is used."""
    if tensor in graph.outputs:
        return False
    takers = consumers.get(tensor, [])
    reshaping = (keras.layers.Flatten, keras.layers.Reshape)
    return bool(takers) and all(
        _takes_sign(call) or (type(call.layer) in reshaping and only_sign_counts(call.outputs[0], graph, consumers))
        for call in takers
    )


def _takes_sign(call: Call) -> bool:
    from bnn_zoo.blocks.layers import SymmetricQuantConv2D

    layer = call.layer
    if type(layer) is keras.layers.Activation:
        return is_sign(layer.activation)
    # A subclass may look at more than the sign, such as XNOR-Net's scale of the inputs.
    known = type(layer) is SymmetricQuantConv2D or type(layer).__module__ == "larq.layers"
    return known and is_sign(getattr(layer, "input_quantizer", None))


def _is_real(layer: Any) -> bool:
    from bnn_zoo.blocks.layers import SymmetricQuantConv2D

    known = keras.layers
    quantizers = (getattr(layer, name, None) for name in ("input_quantizer", "kernel_quantizer"))
    return (
        type(layer) in (known.Conv2D, known.DepthwiseConv2D, known.Dense, SymmetricQuantConv2D)
        and layer.activation is keras.activations.linear
        and getattr(layer, "data_format", "channels_last") == "channels_last"
        and not any(quantizers)
    )


def _threshold(call: Call, x: Tensor) -> Tensor:
    from bnn_zoo.blocks.deployed_layers import ChannelThreshold

    thresholds = find_thresholds(exactly([batch_norm_step(call.layer)]), int(x.shape[-1]))
    layer = ChannelThreshold(name=f"{call.layer.name}_threshold")
    result = layer(x)
    layer.set_weights([thresholds.limit, thresholds.rising.astype(np.float32)])
    return result


def _with_batch_norm(copies: Copies, call: Call, norm: Any, x: Tensor) -> Tensor:
    step = batch_norm_step(norm)
    layer = copies.of(call, use_bias=True)
    result = layer(x)
    kernel, *bias = call.layer.get_weights()
    depthwise = isinstance(call.layer, keras.layers.DepthwiseConv2D)
    scale = step.scale.reshape(*kernel.shape[2:]) if depthwise else step.scale
    shift = (bias[0] if bias else 0) * step.scale + step.shift
    layer.set_weights([(kernel * scale).astype(np.float32), shift.astype(np.float32)])
    return result
