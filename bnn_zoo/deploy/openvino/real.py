"""Convolutions and dense layers in full precision, which take the steps behind them into their kernels."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from bnn_zoo.deploy.openvino.geometry import Geometry
from bnn_zoo.deploy.openvino.value import Output, Ready, Value, add_shift, as_matrix, as_pixels, constant, name_node

#: Below it a kernel's bytes do not count.
LARGE = 2**12

#: OpenVINO's grouped convolutions take the channels of a group in eights.
_CHANNELS_AT_ONCE = 8


@dataclass
class _RealLayer:
    """A source with a kernel.

    Args:
        value: its input.
        kernel: float32, filters or units first.
        name: of the layer.
        inputs: makes the input, where it is not the value as it stands.
        foldable: whether the kernel takes the steps behind it.
    """

    value: Value
    kernel: np.ndarray
    name: str = ""
    inputs: Output | None = None
    foldable: bool = True
    made: Output | None = None

    def output(self) -> Output:
        if self.made is None:
            self.made = self.layer(self.kernel, np.zeros(len(self.kernel)))
        return self.made

    def with_step(self, scale: np.ndarray, shift: np.ndarray) -> Output:
        if not self.foldable:
            return Ready(self.output()).with_step(scale, shift)
        folded = self.kernel.astype(np.float64) * scale.reshape(-1, *(1,) * (self.kernel.ndim - 1))
        return self.layer(folded.astype(np.float32), shift)

    def layer(self, kernel: np.ndarray, shift: np.ndarray) -> Output:
        """The layer with that kernel, and a shift behind it."""
        raise NotImplementedError

    def _input(self) -> Output:
        return self.value.output() if self.inputs is None else self.inputs


@dataclass
class RealConvolution(_RealLayer):
    """A source that is a convolution: kernel (filters, channels / groups, rows, columns).

    Args:
        geometry: how the kernel moves.
        groups: of the channels.
    """

    geometry: Geometry = field(kw_only=True)
    groups: int = field(default=1, kw_only=True)

    def layer(self, kernel: np.ndarray, shift: np.ndarray) -> Output:
        x, form = self._input(), self.geometry
        where = (list(form.strides), list(form.before), list(form.after), list(form.dilation), form.auto_pad)
        if self.groups == 1:
            result = ops.convolution(x, _kernel_constant(kernel), *where).output(0)
        else:
            grouped = _wide_groups(kernel.reshape(self.groups, -1, *kernel.shape[1:]))
            result = ops.group_convolution(x, _kernel_constant(grouped), *where).output(0)
        name_node(result, self.name)
        return add_shift(result, shift)


@dataclass
class RealDense(_RealLayer):
    """A source that is a dense layer: kernel (units, features)."""

    def layer(self, kernel: np.ndarray, shift: np.ndarray) -> Output:
        product = ops.matmul(as_matrix(self._input()), constant(kernel), False, True).output(0)
        name_node(product, self.name)
        if np.any(shift != 0):
            product = ops.add(product, constant(shift.reshape(1, -1))).output(0)
        return as_pixels(product)


def _wide_groups(kernel: np.ndarray) -> np.ndarray:
    """A kernel (groups, filters, channels, rows, columns) with so few channels a group that two groups take no longer as one.

    Such are computed with zeros for each other's channels. A group of one channel has kernels of its own.
    """
    groups, filters, channels, *window = kernel.shape
    if groups % 2 or not 1 < channels < _CHANNELS_AT_ONCE:
        return kernel
    wide = np.zeros((groups // 2, 2, filters, 2, channels, *window), np.float32)
    for half in (0, 1):
        wide[:, half, :, half] = kernel[half::2]
    return _wide_groups(wide.reshape(groups // 2, 2 * filters, 2 * channels, *window))


def _kernel_constant(kernel: np.ndarray) -> Output:
    """A kernel in float32; a large one of signs is a byte each in the file, and float32 when the file is loaded."""
    if kernel.size < LARGE or not np.all(np.abs(kernel) == 1):
        return constant(kernel)
    return ops.convert(ops.constant(kernel.astype(np.int8)), "f32").output(0)


def padded(x: Output, geometry: Geometry, value: float) -> tuple[Output, Geometry]:
    """The input with explicit padding of a value other than zero, and the geometry without padding."""
    before, after = (np.array([0, 0, *sides], np.int64) for sides in (geometry.before, geometry.after))
    result = ops.pad(x, ops.constant(before), ops.constant(after), "constant", ops.constant(np.float32(value)))
    return result.output(0), Geometry(geometry.strides, geometry.dilation)


def plus_minus_one(bits: Output) -> Output:
    """Zeros and ones as -1.0 and +1.0, in float32."""
    one, minus_one, half = (ops.constant(np.float32(number)) for number in (1, -1, 0.5))
    return ops.select(ops.greater(bits, half), one, minus_one).output(0)


def bit_constant(signs: np.ndarray) -> Output:
    """+1 and -1 as a constant of 1-bit elements, least significant first."""
    tensor = ov.Tensor(ov.Type.u1, ov.Shape(list(signs.shape)))
    tensor.data[:] = np.packbits((signs.reshape(-1) > 0).astype(np.uint8), bitorder="little")
    return ov.op.Constant(tensor).output(0)
