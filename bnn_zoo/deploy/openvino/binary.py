"""Binary convolutions and dense layers on OpenVINO's XNOR-popcount kernels.

An activation of k bits is a sum of k binary ones: the value q / n of n = 2^k - 1 steps is sum(2^j b_j) / n with bits b_j, and a bit
is (s + 1) / 2 with a sign s. So conv(q / n, w) = (sum(2^j conv(s_j, w)) / n + sum(w)) / 2, where zero padding pads signs with -1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from openvino import opset13 as ops

from bnn_zoo.deploy.openvino.geometry import Geometry
from bnn_zoo.deploy.openvino.real import bit_constant, padded, plus_minus_one
from bnn_zoo.deploy.openvino.value import Output, Value, constant, name_node, per_channel
from bnn_zoo.deploy.quantizers import BinaryKernel
from bnn_zoo.deploy.steps import Step, affine_step, exactly
from bnn_zoo.deploy.thresholds import Thresholds, find_thresholds, sign_thresholds

#: OpenVINO's jitted kernels are right only where the input channels fill whole bytes.
CHANNEL_MULTIPLE = 8

#: With more activation bits the float convolution is the faster one.
MOST_BITS = 3


@dataclass(frozen=True)
class Planes:
    """The binary planes of a tensor: what FakeQuantize gave, and what each plane counts."""

    bits: tuple[Output, ...]
    weights: tuple[int, ...]


def can_be_binary(channels: int) -> bool:
    """Whether the kernels take so many input channels. Missing ones come in pairs that cancel, so that odd numbers are out."""
    return (-channels % CHANNEL_MULTIPLE) % 2 == 0


def sign_planes(value: Value) -> Planes:
    """A value's sign, as one plane of bits."""
    return value.once("sign", lambda: Planes((_sign_bits(value),), (1,)))


def quantized_planes(value: Value, bits: int) -> Planes:
    """A value rounded to 2^bits steps in [0, 1], as planes."""
    return value.once(f"{bits} bits", lambda: _quantized_planes(value, bits))


def threshold_bits(x: Output, thresholds: Thresholds, name: str = "") -> Output:
    """Bits of a tensor, (batch, channels, height, width), missing channels filled up with zeros."""
    missing = -thresholds.limit.size % CHANNEL_MULTIPLE
    limit, rising = thresholds.limit, thresholds.rising
    if missing:
        x = ops.pad(x, np.array([0, 0, 0, 0]), np.array([0, missing, 0, 0]), "constant", np.float32(0)).output(0)
        filler = sign_thresholds(missing)
        limit, rising = np.concatenate([limit, filler.limit]), np.concatenate([rising, filler.rising])
    at = per_channel(limit)
    low, high = (constant(np.float32(0)), constant(np.float32(1)))
    if not rising.all():
        low, high = per_channel(~rising), per_channel(rising)
    bits = ops.fake_quantize(x, at, at, low, high, 2).output(0)
    name_node(bits, name)
    return bits


def threshold_signs(x: Output, thresholds: Thresholds) -> Output:
    """The same as +1.0 and -1.0, in float32, of the channels that there are."""
    above = ops.select(ops.greater(x, per_channel(thresholds.limit)), np.float32(1), np.float32(0))
    signs = plus_minus_one(above.output(0))
    return signs if thresholds.rising.all() else ops.multiply(signs, per_channel(np.where(thresholds.rising, 1, -1))).output(0)


def _sign_bits(value: Value) -> Output:
    if value.known_bits is not None:
        bits = value.known_bits()
        assert bits is not None
        return bits
    return threshold_bits(*_thresholds_of(value), f"{value.name}/binarized")


def _thresholds_of(value: Value) -> tuple[Output, Thresholds]:
    """A tensor, and the thresholds that make a value's sign of it."""
    if not value.steps or (value.source.foldable and not value.only_binarized):
        return value.output(), sign_thresholds(value.channels)
    return value.source.output(), find_thresholds(exactly(value.steps), value.channels)


def _quantized_planes(value: Value, bits: int) -> Planes:
    steps = 2**bits - 1
    clipped = ops.clamp(value.output(), 0.0, 1.0)
    counts = ops.round(ops.multiply(clipped, np.float32(steps)), "half_to_even").output(0)
    planes = []
    for bit in reversed(range(bits)):
        rest = counts if bit == bits - 1 else ops.floor_mod(counts, np.float32(2 ** (bit + 1))).output(0)
        at = np.full(value.channels, 2**bit - 0.5, np.float32)
        planes.append(threshold_bits(rest, Thresholds(at, np.ones(value.channels, bool)), f"{value.name}/bit{bit}"))
    return Planes(tuple(planes), tuple(2**bit for bit in reversed(range(bits))))


def binary_convolution(
    planes: Planes, kernel: BinaryKernel, geometry: Geometry, pad_value: float, *, signed: bool, name: str
) -> tuple[Output, tuple[Step, ...]]:
    """A convolution of planes with a binary kernel.

    Args:
        planes: of the input.
        kernel: signs (rows, columns, channels, filters).
        geometry: how the kernel moves.
        pad_value: of the padding: -1, 0 or 1 for signs, 0 or 1 for activations of more bits.
        signed: whether a plane is +1 and -1, or 0 and 1 in a sum.
        name: of the layer.

    Returns:
        The integers that come out, and the step that makes them the layer's output.
    """
    filters = kernel.scale.size
    signs = np.transpose(kernel.signs, (3, 2, 0, 1))
    missing = -signs.shape[1] % CHANNEL_MULTIPLE
    if missing:
        filler = np.resize([1, -1], missing).reshape(1, -1, 1, 1)
        signs = np.concatenate([signs, np.broadcast_to(filler, (filters, missing, *signs.shape[2:]))], axis=1)
    weights = bit_constant(signs)
    padding = pad_value if signed else 2 * pad_value - 1
    total: Output | None = None
    for plane, count in zip(planes.bits, planes.weights, strict=True):
        where = (list(geometry.strides), list(geometry.before), list(geometry.after), list(geometry.dilation))
        part = ops.binary_convolution(plane, weights, *where, "xnor-popcount", float(padding), geometry.auto_pad).output(0)
        name_node(part, name if len(planes.bits) == 1 else f"{name}/times{count}")
        if count != 1:
            part = ops.multiply(part, np.float32(count)).output(0)
        total = part if total is None else ops.add(total, part).output(0)
    assert total is not None
    if signed:
        return total, (affine_step(kernel.scale, np.zeros(filters)),) if kernel.scaled else ()
    scale = kernel.scale.astype(np.float64) / (2 * sum(planes.weights))
    sums = kernel.signs.reshape(-1, filters).sum(axis=0, dtype=np.float64)
    return total, (affine_step(scale, kernel.scale * sums / 2),)


def widely_padded_convolution(
    value: Value, kernel: BinaryKernel, geometry: Geometry, pad_value: float, *, name: str
) -> tuple[Output, tuple[Step, ...]]:
    """The same of a value's sign with more padding than OpenVINO's kernels take: an operation of its own, since bits have none.

    No bit is 0; but 0 is halfway from -1 to +1, and so is what comes out.
    """
    signs = value.once("signs", lambda: threshold_signs(*_thresholds_of(value)))
    results = []
    for pad in (pad_value,) if pad_value else (-1.0, 1.0):
        larger, unpadded = padded(signs, geometry, pad)
        planes = Planes((threshold_bits(larger, sign_thresholds(value.channels), f"{value.name}/padded"),), (1,))
        results.append(binary_convolution(planes, kernel, unpadded, 0.0, signed=True, name=name))
    (first, steps), *others = results
    for other, _ in others:
        first = ops.multiply(ops.add(first, other), np.float32(0.5)).output(0)
    return first, steps
