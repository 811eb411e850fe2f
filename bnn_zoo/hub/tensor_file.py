"""Safetensors files on disk: written whole or not at all, and read with nothing in them believed unchecked."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from ml_dtypes import bfloat16
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save

from bnn_zoo._whole_file import write_whole
from bnn_zoo.hub import strict_json
from bnn_zoo.hub.reading import reading

# Thirty thousand tensors fit. The safetensors library allows 100 MB, which could take gigabytes of memory as JSON.
MAX_HEADER_BYTES = 4 * 2**20

_DTYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I64": "int64",
    "I32": "int32",
    "I8": "int8",
    "U8": "uint8",
    "BOOL": "bool",
}


def write_tensor_file(
    path: str | os.PathLike[str], tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str]
) -> tuple[str, int]:
    """Write a safetensors file: either the whole file is there afterwards, or `path` is as it was before.

    The same tensors and metadata give the same bytes, in whatever order they come.

    Args:
        path: The file to write or replace. Its folder must exist.
        tensors: Arrays by name, of dtype float64, float32, float16, bfloat16, int64, int32, int8, uint8 or bool.
        metadata: Texts by key, kept in the file's header.

    Returns:
        The SHA-256 of what was written, 64 lower-case hexadecimal digits, and its bytes; the file at
        `path` may be another process's by now.

    Raises:
        TypeError: If a tensor's dtype is another one, or a metadata key or value is no string.
        ValueError: If a tensor is named `__metadata__`, or the header would be larger than 4 MiB.
        OSError: If the file cannot be written, for instance because the disk is full.
    """
    content = _serialized(tensors, metadata)

    def write(part: Path) -> None:
        with open(part, "xb") as file:
            for piece in content:
                file.write(piece)

    write_whole(Path(path), write)
    digest = hashlib.sha256()
    for piece in content:
        digest.update(piece)
    return digest.hexdigest(), sum(map(len, content))


def read_tensor_file(path: str | os.PathLike[str]) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Read a safetensors file and check it: header, dtypes, shapes, and that the tensors cover the data exactly.

    Damage that leaves this structure sound (a flipped bit in the data) cannot be seen here: compare `file_sha256`.
    Memory stays within about twice the file's size, whatever sizes the header claims.

    Args:
        path: The file to read.

    Returns:
        The arrays by name, in the order of their names, and the metadata.

    Raises:
        WeightFileError: If the file is missing, cannot be read, is damaged, or is no safetensors file.
    """
    with reading(path, SafetensorError), open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        _check_header_length(file.read(8), size)
        file.seek(0)
        content = file.read()
        # deserialize copies: were the arrays a mapping of the file, then overwriting it would change them.
        entries = sorted(deserialize(content), key=lambda entry: entry[0])
        tensors = {name: _array(name, entry) for name, entry in entries}
        return tensors, _metadata(content)


def read_metadata(path: str | os.PathLike[str]) -> dict[str, str]:
    """Read a safetensors file's metadata alone, with its tensors left unread and unchecked.

    Args:
        path: The file to read.

    Raises:
        WeightFileError: If the file is missing, cannot be read, or does not begin as a safetensors file.
    """
    with reading(path), open(path, "rb") as file:
        prefix = file.read(8)
        _check_header_length(prefix, os.fstat(file.fileno()).st_size)
        return _metadata(prefix + file.read(int.from_bytes(prefix, "little")))


def _serialized(tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> tuple[bytes | memoryview, ...]:
    if "__metadata__" in tensors:
        raise ValueError("tensors: the name '__metadata__' is reserved by the file format; give this tensor another")
    for key, value in metadata.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise TypeError(f"metadata: expected strings, got {key!r}: {value!r}; convert it, for instance with json")
    # The library writes an array's memory as it lies, also where the array is a transposed or strided view.
    arrays = {name: np.asarray(tensors[name], order="C") for name in sorted(tensors)}
    for name, array in arrays.items():
        if array.dtype.name not in _DTYPES.values():
            allowed = ", ".join(_DTYPES.values())
            raise TypeError(f"tensor {name!r}: expected a dtype of {allowed}, got {array.dtype}; convert it first")
    body = memoryview(save(arrays))
    end = 8 + int.from_bytes(body[:8], "little")
    # The library orders metadata differently in every run, so it goes into the header here.
    header = {"__metadata__": dict(sorted(metadata.items())), **json.loads(bytes(body[8:end]))}
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    # The padding keeps every tensor aligned to its items in the file.
    text += b" " * (-len(text) % 8)
    if len(text) > MAX_HEADER_BYTES:
        raise ValueError(
            f"names, shapes and metadata take {len(text)} bytes, allowed are {MAX_HEADER_BYTES}: save fewer tensors or "
            "less metadata in one file"
        )
    return struct.pack("<Q", len(text)), text, body[end:]


def _check_header_length(prefix: bytes, size: int) -> None:
    """Refuse, before anything large is read, what is plainly no safetensors file."""
    length = int.from_bytes(prefix, "little")
    if len(prefix) < 8:
        raise ValueError(f"expected a header of at least 8 bytes, found {len(prefix)}")
    if length > min(MAX_HEADER_BYTES, size - 8):
        raise ValueError(f"the header claims {length} bytes, allowed are {MAX_HEADER_BYTES}, and {size - 8} bytes follow it")


def _array(name: str, entry: Mapping[str, Any]) -> np.ndarray:
    code = entry["dtype"]
    if code not in _DTYPES:
        raise ValueError(f"tensor {name!r}: expected a dtype of {', '.join(_DTYPES)}, found {code}")
    data = np.frombuffer(entry["data"], np.uint8)
    if code == "BOOL" and data.size and data.max() > 1:
        raise ValueError(f"tensor {name!r}: expected booleans of 0 or 1, found {data.max()}")
    return data.view(_dtype(code)).reshape(entry["shape"])


def _dtype(code: str) -> np.dtype[Any]:
    return np.dtype(bfloat16) if code == "BF16" else np.dtype(_DTYPES[code]).newbyteorder("<")


def _metadata(content: bytes) -> dict[str, str]:
    """The header's metadata; empty where there are none."""
    end = 8 + int.from_bytes(content[:8], "little")
    header = strict_json.loads(content[8:end].decode("utf-8"))
    metadata = header.get("__metadata__") if isinstance(header, dict) else None
    return metadata if isinstance(metadata, dict) else {}
