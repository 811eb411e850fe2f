"""A network in the form that Larq Compute Engine's converter can binarize.

The converter knows convolutions whose inputs and kernel are +1 and -1. So the scale of a kernel moves behind its convolution, a
binary dense layer becomes a 1x1 convolution, and an activation of k bits becomes k binary ones: with bits b_j of n = 2^k - 1 steps,
conv(sum(2^j b_j) / n, w) = (sum(2^j conv(-s_j, -w)) / n + sum(w)) / 2, where s_j = 2 b_j - 1 and zero padding pads -s_j with +1.

Batch norm between a binary convolution and the next sign decides between two integers. The engine computes it as a multiple of a
popcount, which cancels and can land on the wrong side; so a subtraction of the half number between the two takes its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from bnn_zoo._caller import warn_caller
from bnn_zoo._keras import Tensor, keras, larq
from bnn_zoo._layer_graph import Call, LayerGraph, read_layer_graph
from bnn_zoo.deploy.fold import only_sign_counts
from bnn_zoo.deploy.lce.padding import binary_convolution, max_pool, pointwise_convolution, real_convolution, zero_padding
from bnn_zoo.deploy.quantizers import BinaryKernel, activation_bits, binary_kernel, is_sign, quantized_weight
from bnn_zoo.deploy.rebuild import Copies, again, rebuild
from bnn_zoo.deploy.registered import UnsupportedLayerError
from bnn_zoo.deploy.steps import affine_step, batch_norm_step, exactly, is_batch_norm_step
from bnn_zoo.deploy.thresholds import find_thresholds

#: Beyond it as many binary convolutions would cost more than a float one.
MOST_BITS = 3

#: No binary layer sums up more inputs; below it half numbers are exact in float32.
MOST_INPUTS = 2**20


@dataclass(frozen=True)
class FloatLayer:
    """A layer with a binary kernel that is computed, and stored, in float32.

    Args:
        name: of the layer.
        reason: why.
        parameters: of its kernel.
    """

    name: str
    reason: str
    parameters: int


def rewrite_for_lce(model: Any) -> Any:
    """A keras.Model with the same outputs that Larq Compute Engine binarizes as far as it can, in float32.

    Raises:
        UnsupportedLayerError: if a layer ternarizes features.

    Warns:
        UserWarning: names the layers that stay float, where they make up more than 1 % of the file.
    """
    graph = read_layer_graph(model)
    for call in graph.calls:
        _refuse_ternary(call)
    staying = float_layers(graph)
    if sum(layer.parameters for layer in staying) * 100 > model.count_params() / 8:
        names = ", ".join(f"{layer.name} ({layer.reason})" for layer in staying)
        warn_caller(f"Larq Compute Engine computes these layers in float32: {names}.")
    decisions = _decisions(graph)
    decided = {conv.outputs for conv in decisions.values()}

    def emit(_: LayerGraph, copies: Copies, call: Call, tensors: list[Tensor]) -> Tensor:
        if call.outputs in decisions:
            return _decision(decisions[call.outputs], call.layer, tensors[0])
        return _emit(copies, call, tensors, scaled=call.outputs not in decided)

    with _float32():  # what is not copied, but made, is of the global policy
        return rebuild(model, emit, dtype="float32")


@contextmanager
def _float32() -> Iterator[None]:
    policy = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy("float32")
    try:
        yield
    finally:
        keras.mixed_precision.set_global_policy(policy)


def _refuse_ternary(call: Call) -> None:
    quantizers = (call.layer, getattr(call.layer, "input_quantizer", None))
    if any(isinstance(quantizer, larq.quantizers.SteTern) for quantizer in quantizers):
        raise UnsupportedLayerError(
            f"{call} ternarizes features, which Larq Compute Engine's converter takes for their signs. Take a quantizer whose "
            "forward pass is sign (ste_sign, approx_sign, swish_sign and their like), DoReFa, or None; kernels may be ternary."
        )


def _decisions(graph: LayerGraph) -> dict[tuple[int, ...], Call]:
    """The batch norms of which only the sign counts, each with the binary layer whose integers it decides on."""
    consumers, uses = graph.consumers(), graph.uses()
    producers = {tensor: call for call in graph.calls for tensor in call.outputs}
    found: dict[tuple[int, ...], Call] = {}
    for norm in graph.calls:
        if not is_batch_norm_step(norm) or not only_sign_counts(norm.outputs[0], graph, consumers):
            continue
        tensor = norm.inputs[0]
        while uses[tensor] == 1 and tensor in producers and _is_max_pool(producers[tensor].layer):
            tensor = producers[tensor].inputs[0]
        before = producers.get(tensor)
        if before is not None and uses[tensor] == 1 and _gives_integers(before):
            found[norm.outputs] = before
    return found


def _gives_integers(call: Call) -> bool:
    layer = call.layer
    return (
        _is_known(layer)
        and layer.kernel_quantizer is not None
        and not layer.use_bias
        and layer.activation is keras.activations.linear
        and is_sign(layer.input_quantizer)
        and _why_float(call) is None
    )


def _is_max_pool(layer: Any) -> bool:
    from bnn_zoo.blocks.layers import SymmetricMaxPooling2D

    return type(layer) in (keras.layers.MaxPooling2D, SymmetricMaxPooling2D)


def _is_known(layer: Any) -> bool:
    """Whether it is known what a layer with quantizers computes; a subclass may compute something else."""
    from bnn_zoo.blocks.layers import SymmetricQuantConv2D

    return type(layer) in (larq.layers.QuantConv2D, larq.layers.QuantDense, SymmetricQuantConv2D)


def _decision(conv: Call, norm: Any, x: Tensor) -> Tensor:
    kernel = binary_kernel(quantized_weight(conv.layer, "kernel"))
    assert kernel is not None
    steps = [affine_step(kernel.scale, np.zeros(kernel.scale.size)), batch_norm_step(norm)]
    thresholds = find_thresholds(exactly(steps), kernel.scale.size)
    between = np.clip(np.floor(thresholds.limit.astype(np.float64)), -MOST_INPUTS, MOST_INPUTS) + 0.5
    direction = np.where(thresholds.rising, 1.0, -1.0)
    return _affine(x, direction, -direction * between)


def float_layers(graph: LayerGraph) -> list[FloatLayer]:
    """The layers of a network with a binary kernel that stay float in Larq Compute Engine."""
    found = []
    for call in graph.calls:
        reason = _why_float(call)
        if reason:
            found.append(FloatLayer(call.layer.name, reason, int(np.prod(call.layer.kernel.shape))))
    return found


def _why_float(call: Call) -> str | None:
    layer = call.layer
    if getattr(layer, "kernel_quantizer", None) is None or not hasattr(layer, "kernel"):
        return None
    if layer.input_quantizer is None:
        return "its inputs are real-valued"
    bits = activation_bits(layer.input_quantizer)
    if bits is None:
        return f"its input quantizer is {type(layer.input_quantizer).__name__}"
    if bits > MOST_BITS:
        return f"its inputs have {bits} bits"
    if isinstance(layer, larq.layers.QuantDense) and len(call.node.input_shapes) not in (2, 4):
        return f"its inputs have {len(call.node.input_shapes) - 1} dimensions"
    pad_values = getattr(layer, "pad_values", 0.0) if getattr(layer, "padding", None) == "same" else 0.0
    if pad_values not in ((-1.0, 0.0, 1.0) if is_sign(layer.input_quantizer) else (0.0,)):
        return f"its padding is {pad_values}"
    return None if binary_kernel(quantized_weight(layer, "kernel")) else "its kernel is not binary"


def _emit(copies: Copies, call: Call, tensors: list[Tensor], *, scaled: bool) -> Tensor:
    from bnn_zoo.blocks.channel_layers import OuterScale

    layer = call.layer
    if type(layer) is OuterScale:
        return _outer_scaled(layer, tensors[0])
    if not _is_known(layer) or layer.kernel_quantizer is None or _why_float(call):
        return _real(copies, call, tensors)
    kernel = binary_kernel(quantized_weight(layer, "kernel"))
    assert kernel is not None
    if not scaled:
        kernel = BinaryKernel(kernel.signs, np.ones_like(kernel.scale))
    x = _convolved(call, tensors[0], kernel)
    if len(x.shape) != len(tensors[0].shape):
        x = keras.layers.Flatten()(x)
    return keras.layers.Activation(layer.activation)(x)


def _real(copies: Copies, call: Call, tensors: list[Tensor]) -> Tensor:
    from bnn_zoo.blocks.layers import SymmetricMaxPooling2D, SymmetricQuantConv2D

    layer = call.layer
    same = getattr(layer, "padding", None) == "same"
    if type(layer) is SymmetricQuantConv2D and same:
        return real_convolution(copies, call, tensors[0])
    if type(layer) is SymmetricMaxPooling2D and same:
        return max_pool(layer, tensors[0])
    if type(layer) is keras.layers.ZeroPadding2D:
        return zero_padding(layer, tensors[0])
    return again(copies, call, tensors)


def _convolved(call: Call, x: Tensor, kernel: BinaryKernel) -> Tensor:
    layer = call.layer
    bits = activation_bits(layer.input_quantizer)
    bias = np.asarray(layer.bias, np.float32) if layer.use_bias else np.zeros_like(kernel.scale)
    dense = isinstance(layer, larq.layers.QuantDense)
    if len(x.shape) == 2:
        x = keras.layers.Reshape((1, 1, -1))(x)

    def convolved(x: Tensor, signs: np.ndarray, pad_value: float, name: str) -> Tensor:
        if dense:
            return pointwise_convolution(x, signs[None, None], name)
        return binary_convolution(layer, x, signs, pad_value, name)

    if is_sign(layer.input_quantizer):
        y = convolved(x, kernel.signs, getattr(layer, "pad_values", 0.0), layer.name)
        return _affine(y, kernel.scale, bias) if kernel.scaled or layer.use_bias else y
    from bnn_zoo.blocks.deployed_layers import BitPlane

    assert bits is not None
    total = None
    for bit in range(bits):
        part = convolved(BitPlane(bit, bits)(x), -kernel.signs, 1.0, f"{layer.name}_bit{bit}")
        if bit:
            filters = kernel.scale.size
            part = _affine(part, np.full(filters, 2.0**bit), np.zeros(filters))
        total = part if total is None else keras.layers.Add()([total, part])
    sums = kernel.signs.reshape(-1, kernel.scale.size).sum(axis=0)
    return _affine(total, kernel.scale / (2 * (2**bits - 1)), kernel.scale * sums / 2 + bias)


def _outer_scaled(layer: Any, x: Tensor) -> Tensor:
    from bnn_zoo.blocks.deployed_layers import PixelScale

    pixels = PixelScale()
    y = pixels(x)
    pixels.set_weights([np.asarray(layer.scale_h * layer.scale_w).reshape(-1, 1)])
    factors = np.asarray(layer.scale_c).reshape(-1)
    return _affine(y, factors, np.zeros(factors.size))


def _affine(x: Tensor, scale: np.ndarray, shift: np.ndarray) -> Tensor:
    from bnn_zoo.blocks.deployed_layers import ChannelAffine

    layer = ChannelAffine()
    result = layer(x)
    layer.set_weights([np.asarray(scale, np.float32), np.asarray(shift, np.float32)])
    return result
