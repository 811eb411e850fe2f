"""Weights as the tensors and metadata of a weight file, binary kernels among them at 1 bit a weight."""

from __future__ import annotations

import json
import math
import reprlib
from collections.abc import Mapping

import numpy as np

from bnn_zoo.hub import strict_json
from bnn_zoo.hub.errors import WeightFileError
from bnn_zoo.hub.packed_kernel import PackedKernel

FORMAT = "bnn_zoo"
VERSION = "1"

_MAX_DIMENSIONS = 32


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
