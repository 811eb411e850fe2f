"""Binary kernels at 1 bit a weight: how they are packed, unpacked, and laid out as tensors of a weight file.

A binary layer uses its kernel only through a quantizer: sign(kernel), or sign(kernel) times a scale, which is the mean
of |kernel| over each output filter (XNOR-Net, magnitude-aware sign) or over the whole tensor. Signs and scales are
therefore all that inference needs of it.
"""

from __future__ import annotations

import json
import math
import reprlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from bnn_zoo.hub import strict_json
from bnn_zoo.hub.errors import WeightFileError

FORMAT = "bnn_zoo"
VERSION = "1"

# What float32 means of the same numbers, summed in another order or on another device, may differ by.
_RELATIVE_TOLERANCE = 1e-6
# Up to here a filter's latent weights, chosen to sum exactly, stay within 1 % of each other.
_MAX_EXACT_WEIGHTS = 2**16
_MAX_DIMENSIONS = 32
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
    # bfloat16 is a dtype of ml_dtypes, which numpy does not know as a floating one.
    if (kernel.dtype.kind != "f" and kernel.dtype.name != "bfloat16") or kernel.ndim == 0 or kernel.size == 0:
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


def encode(weights: Mapping[str, np.ndarray | PackedKernel]) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Lay weights out as the tensors and metadata of a weight file.

    A packed kernel `name` becomes the tensors `name.bits` (uint8) and `name.scale` (float32); its shape goes into the
    metadata, under "packed": a JSON object from name to shape. Other weights are stored under their own name.

    Args:
        weights: Arrays and packed kernels by name.

    Returns:
        The tensors and the metadata.

    Raises:
        ValueError: If two tensors would have the same name, or an array's name ends in ".bits".
    """
    tensors: dict[str, np.ndarray] = {}
    packed: dict[str, list[int]] = {}
    for name, weight in weights.items():
        parts = {name: weight} if isinstance(weight, np.ndarray) else _parts(name, weight)
        if isinstance(weight, PackedKernel):
            packed[name] = [int(length) for length in weight.shape]
        elif name.endswith(".bits"):
            raise ValueError(f"weights: the name {name!r} is taken for packed kernels; rename this weight")
        for part, array in parts.items():
            if part in tensors:
                raise ValueError(f"weights: two tensors would be called {part!r}; rename the weight {name!r}")
            tensors[part] = array
    shapes = json.dumps(packed, sort_keys=True, separators=(",", ":"))
    return tensors, {"format": FORMAT, "version": VERSION, "packed": shapes}


def decode(tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> dict[str, np.ndarray | PackedKernel]:
    """Give back the weights that `encode` laid out, checking everything; kernels stay packed.

    Args:
        tensors: Arrays by name, as `read_tensor_file` returns them.
        metadata: Texts by key.

    Returns:
        Arrays and packed kernels by name.

    Raises:
        WeightFileError: If the format or its version is another one, or a packed kernel's bits, scale and shape do not
            fit together; names the tensor, with what was expected and what was found.
    """
    shapes = _packed_shapes(metadata)
    rest = dict(tensors)
    packed: dict[str, np.ndarray | PackedKernel] = {}
    for name, shape in shapes.items():
        bits, scale = rest.pop(f"{name}.bits", None), rest.pop(f"{name}.scale", None)
        if bits is None or scale is None:
            missing = f"{name}.bits" if bits is None else f"{name}.scale"
            raise _damaged(f"tensor {name!r}", f"a tensor {missing!r} beside it", "none")
        packed[name] = _checked(name, bits, scale, shape)
    for name in rest:
        if name in packed:
            raise _damaged(f"tensor {name!r}", "the packed kernel alone", "a second tensor of that name")
        if name.endswith(".bits"):
            raise _damaged(f"tensor {name!r}", "a shape in the metadata under 'packed'", "none")
    return {**rest, **packed}


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


def _parts(name: str, packed: PackedKernel) -> dict[str, np.ndarray]:
    return {f"{name}.bits": packed.bits, f"{name}.scale": packed.scale}


def _packed_shapes(metadata: Mapping[str, str]) -> dict[str, object]:
    """The shapes that the metadata claims, as yet unchecked."""
    found = metadata.get("format")
    if found != FORMAT:
        raise WeightFileError(
            f"metadata: expected the format {FORMAT!r}, found {found!r:.100}; this file was not saved by bnn_zoo: "
            "load it with the program that saved it"
        )
    version = metadata.get("version")
    if version != VERSION:
        raise WeightFileError(
            f"metadata: expected version {VERSION!r} of the file format, found {version!r:.100}; a newer bnn_zoo may "
            "read this file: update it"
        )
    text = metadata.get("packed")
    expected = "a JSON object from name to shape under 'packed'"
    if text is None:
        raise _damaged("metadata", expected, "nothing")
    try:
        shapes = strict_json.loads(text)
    except ValueError as error:
        raise _damaged("metadata", expected, str(error) or type(error).__name__) from error
    if not isinstance(shapes, dict):
        raise _damaged("metadata", expected, reprlib.repr(shapes))
    return shapes


def _checked(name: str, bits: np.ndarray, scale: np.ndarray, claimed: object) -> PackedKernel:
    """A packed kernel whose parts fit together; nothing is allocated on the word of the claimed shape."""
    if bits.dtype != np.uint8 or bits.ndim != 1:
        raise _damaged(f"tensor {name + '.bits'!r}", "uint8 of one dimension", f"{bits.dtype} of {bits.ndim}")
    # An entry that alone exceeds the bits cannot be right, and bounding each keeps their product small.
    largest = 8 * bits.size
    if not isinstance(claimed, list) or not 1 <= len(claimed) <= _MAX_DIMENSIONS:
        raise _damaged(f"tensor {name!r}", f"a shape of 1 to {_MAX_DIMENSIONS} numbers", reprlib.repr(claimed))
    # type() and not isinstance(): true is an int to Python.
    if not all(type(length) is int and 1 <= length <= largest for length in claimed):
        raise _damaged(
            f"tensor {name!r}",
            f"a shape of whole numbers from 1 to {largest}, 8 a byte of its bits",
            reprlib.repr(claimed),
        )
    shape = tuple(claimed)
    count = math.prod(shape)
    if bits.size != -(-count // 8):
        raise _damaged(f"tensor {name + '.bits'!r}", f"{-(-count // 8)} bytes for the shape {shape}", str(bits.size))
    if count % 8 and bits[-1] >> (count % 8):
        raise _damaged(f"tensor {name + '.bits'!r}", f"zeros after the {count} bits of the shape {shape}", "ones")
    if scale.dtype != np.float32 or scale.shape not in ((), (shape[-1],)):
        expected = f"float32 of shape () or ({shape[-1]},)"
        raise _damaged(f"tensor {name + '.scale'!r}", expected, f"{scale.dtype} of shape {scale.shape}")
    if not np.isfinite(scale).all() or np.signbit(scale).any():
        wrong = scale[~np.isfinite(scale) | np.signbit(scale)].ravel()[0]
        raise _damaged(f"tensor {name + '.scale'!r}", "finite numbers from 0", str(wrong))
    return PackedKernel(bits, scale, shape)


def _damaged(where: str, expected: str, found: str) -> WeightFileError:
    # All three may come from the file: a name in it may be nearly as long as the file.
    return WeightFileError(
        f"{where:.200}: expected {expected:.200}, found {found:.200}; the file is damaged: fetch or save it again"
    )
