"""Binary kernels at 1 bit a weight: how they are packed and unpacked.

A binary layer uses its kernel only through a quantizer: sign(kernel), or sign(kernel) times a scale, which is the mean
of |kernel| over each output filter (XNOR-Net, magnitude-aware sign) or over the whole tensor. Signs and scales are
therefore all that inference needs of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

# What float32 means of the same numbers, summed in another order or on another device, may differ by.
_RELATIVE_TOLERANCE = 1e-6
# Up to here a filter's latent weights, chosen to sum exactly, stay within 1 % of each other.
_MAX_EXACT_WEIGHTS = 2**16
_ROWS_BYTES = 2**18


@dataclass(frozen=True, eq=False)
class PackedKernel:
    """A binary kernel at 1 bit a weight.

    Attributes:
        bits: uint8, shape (ceil(weights / 8),): 1 for a weight that is quantized to a positive number (or to zero), in
            C order, the first weight in the lowest bit; the last byte is padded with zeros.
        scale: float32, of shape () for one scale a tensor, or (filters,) for one a filter.
        shape: The kernel's shape; its last axis is the filters.
    """

    bits: np.ndarray
    scale: np.ndarray
    shape: tuple[int, ...]


def pack_kernel(kernel: np.ndarray, quantize: Callable[[np.ndarray], np.ndarray]) -> PackedKernel | None:
    """Pack a kernel into signs and scales, where the quantizer cannot tell the difference.

    One scale a tensor is tried first, then one a filter, until the unpacked kernel quantizes to exactly the same
    numbers. If it never does, because the quantizer computes its scale anew and rounds, then the first form is taken
    that gives equal signs, and magnitudes within 1e-6 relative.

    A kernel of which only the signs are used gets a scale all the same, its mean magnitude: training that goes on from
    unpacked latent weights of -1 and 1 would start with every weight at the clip value, the furthest from changing
    its sign.

    Args:
        kernel: Latent weights, shape (..., filters), of any floating dtype; they are taken as float32.
        quantize: The layer's kernel quantizer, from a float32 array to an array of the same shape.

    Returns:
        The packed kernel, or None where no form fits (a ternary or k-bit quantizer, weights that are not finite, an
        empty or scalar tensor, no floating dtype): store the tensor as it is.
    """
    if not is_float(kernel.dtype) or kernel.ndim == 0 or kernel.size == 0:
        return None
    with np.errstate(over="ignore"):
        kernel = np.asarray(kernel, np.float32)
    if not np.isfinite(kernel).all():
        return None
    quantized = np.asarray(quantize(kernel), np.float32)
    if quantized.shape != kernel.shape or not np.isfinite(quantized).all():
        return None
    # Signs of the quantized kernel, not of the latent one: quantizers differ in what they make of zero.
    bits = np.packbits((quantized >= 0).ravel(), bitorder="little")
    close = None
    for scale in _scales(kernel, quantized):
        packed = PackedKernel(bits, scale, kernel.shape)
        again = np.asarray(quantize(unpack_kernel(packed)), np.float32)
        if np.array_equal(quantized, again):
            return packed
        if close is None and _agree(quantized, again):
            close = packed
    return close


def is_float(dtype: Any) -> bool:
    """Whether a dtype, of numpy or TensorFlow, is a floating one."""
    # bfloat16 is a dtype of ml_dtypes, which numpy does not know as such.
    return "float" in dtype.name


def unpack_kernel(packed: PackedKernel) -> np.ndarray:
    """Give latent weights that quantize as the packed kernel did: plus or minus the scale.

    With a scale a filter, the magnitudes of its n weights differ by up to n / 2**23 relative: they are chosen so that
    their float32 sum is exact in whatever order it is taken. Were they equal, the rounding errors of a long sum would
    all have the same sign: a quantizer that takes the mean on a CPU would be off by 3e-5 for 9,216 weights.

    Args:
        packed: The packed kernel.

    Returns:
        float32 array of the kernel's shape, in C order.
    """
    per_tensor = packed.scale.ndim == 0
    table = _sign_table() * (packed.scale if per_tensor else np.float32(1))
    eights = np.empty((packed.bits.size, 8), np.float32)
    # An index of 8 bits is never out of range; "clip" spares numpy a buffered copy.
    np.take(table, packed.bits, axis=0, out=eights, mode="clip")
    kernel = eights.reshape(-1)[: math.prod(packed.shape)]
    if not per_tensor:
        _scale_filters(kernel.reshape(-1, packed.shape[-1]), packed.scale)
    return kernel.reshape(packed.shape)


def _scales(kernel: np.ndarray, quantized: np.ndarray) -> Iterator[np.ndarray]:
    """Scales worth trying, the cheapest to store first."""
    # The mean of |kernel| misses the quantizer's own scale if that clips first, or sums less precisely; the quantized
    # magnitudes are that scale. For a pure sign they are 1, so there the mean comes first.
    latent = np.abs(kernel).reshape(-1, kernel.shape[-1])
    used = np.abs(quantized).reshape(-1, kernel.shape[-1])
    for magnitude, axis in ((latent, None), (used, None), (used, 0), (latent, 0)):
        yield np.asarray(magnitude.mean(axis=axis, dtype=np.float64), np.float32)


def _agree(expected: np.ndarray, found: np.ndarray) -> bool:
    if found.shape != expected.shape:
        return False
    with np.errstate(over="ignore", invalid="ignore"):
        # Relative to each number, so that no sign can differ and zeros must stay zeros.
        return bool((np.abs(found - expected) <= np.float32(_RELATIVE_TOLERANCE) * np.abs(expected)).all())


def _sign_table() -> np.ndarray:
    """For each byte its eight signs, shape (256, 8)."""
    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, np.newaxis], axis=1, bitorder="little")
    return bits.astype(np.float32) * 2 - 1


def _scale_filters(signs: np.ndarray, scale: np.ndarray) -> None:
    """Multiply signs, shape (weights, filters), by magnitudes whose mean over each filter is its scale, in place."""
    count = signs.shape[0]
    if count > _MAX_EXACT_WEIGHTS:
        signs *= scale
        return
    # All magnitudes of a filter are whole multiples of the unit in the last place of their sum, so that no partial sum
    # is ever rounded. The first `larger` weights take one unit more than the others, to make up the sum.
    total = scale.astype(np.float64) * count
    unit = np.ldexp(1.0, np.frexp(total)[1] - 24)
    units, larger = np.divmod(np.rint(total / unit), count)
    largest = np.finfo(np.float32).max
    low, high = (np.minimum(n * unit, largest).astype(np.float32) for n in (units, units + 1))
    larger = larger.astype(np.int32)
    step = max(1, _ROWS_BYTES // (4 * signs.shape[1]))
    for start in range(0, count, step):
        rows = signs[start : start + step]
        index = np.arange(start, start + len(rows), dtype=np.int32)[:, np.newaxis]
        rows *= np.where(index < larger, high, low)
