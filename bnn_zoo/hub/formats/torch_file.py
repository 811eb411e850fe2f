"""PyTorch checkpoint files, whatever they are called: the state dict in them as arrays."""

from __future__ import annotations

import os
import reprlib
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from bnn_zoo.hub.errors import WeightFileError
from bnn_zoo.hub.formats.listed import listed
from bnn_zoo.hub.formats.torch_containers import MAGIC, opened
from bnn_zoo.hub.formats.torch_pickle import ADVICE, OtherContentError, StoredTensor
from bnn_zoo.hub.reading import reading

#: Under which names a checkpoint keeps its weights beside its optimizer, its epoch and the like.
#: The averaged weights (EMA) of a file that has both count as further ones.
_WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "state_dict_ema", "model_ema")

#: What stands before every name: of training on several devices, of torch.compile, of PyTorch Lightning; also one behind the other.
_PREFIXES = ("module.", "_orig_mod.", "model.")

#: What a damaged .zip file makes Python's reader raise; of versions and names that it does not know, other errors than of the rest.
_DAMAGE = (OSError, zipfile.BadZipFile, EOFError, RuntimeError, ValueError)

#: Bytes that all tensors may take however small the file is: a few numbers may stand for many, see `torch_pickle`.
_ALWAYS_ALLOWED = 2**23


def is_torch_file(path: str | os.PathLike[str]) -> bool:
    """Whether a file begins as PyTorch's do; a .zip must hold a pickle of PyTorch's, too."""
    try:
        with open(path, "rb") as file:
            start = file.read(16)
        if start[:2] == b"PK":
            with zipfile.ZipFile(path) as archive:
                return any(name.endswith("/data.pkl") for name in archive.namelist())
    except _DAMAGE:
        return False
    return start[:1] == b"\x80" and MAGIC.to_bytes(10, "little") in start


def read_state_dict(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """The weights of a PyTorch checkpoint by name, as PyTorch lays them out; nothing in the file is run.

    A checkpoint of a training run is unwrapped (`state_dict`), and what wrappers of a network put before all names (`module.`) is
    left out. bfloat16 is given as float32.

    Args:
        path: of the file; its ending does not matter.

    Raises:
        WeightFileError: if it is no such file, is damaged, or holds anything but plain values and tensors.
    """
    try:
        with (
            reading(path, *_DAMAGE),
            open(path, "rb") as file,
            opened(file) as (root, numbers_of),
        ):
            tensors = _weights(root)
            wanted = sum(tensor.numbers * tensor.storage.dtype.itemsize for tensor in tensors.values())
            if wanted > max(2 * os.fstat(file.fileno()).st_size, _ALWAYS_ALLOWED):
                raise ValueError(f"its tensors would take {wanted} bytes, more than the file could hold")
            storages = {tensor.storage for tensor in tensors.values()}
            stored = sum(storage.bytes for storage in storages)
            if stored > os.fstat(file.fileno()).st_size:
                raise ValueError(f"its storages would take {stored} bytes, more than the file has")
            known = {storage: np.frombuffer(numbers_of(storage), storage.dtype) for storage in storages}
            return {name: _as_array(tensor, known[tensor.storage]) for name, tensor in tensors.items()}
    except OtherContentError as error:
        raise WeightFileError(f"{path}: {error}") from error


def _weights(root: Any) -> dict[str, StoredTensor]:
    for wrapper in _WRAPPERS:
        if isinstance(root, Mapping) and isinstance(root.get(wrapper), Mapping):
            root = root[wrapper]
            break
    if not isinstance(root, Mapping):
        raise OtherContentError(f"holds a {_kind(root)}, not a state dict. {ADVICE}")
    if not root:
        raise OtherContentError(f"holds no tensor. {ADVICE}")
    for name, value in root.items():
        if not isinstance(name, str) or not isinstance(value, StoredTensor):
            raise OtherContentError(
                f"its entry {reprlib.repr(name)} is a {_kind(value)}, not a tensor, in what should be a state dict and holds "
                f"{listed(list(root))}; under {', '.join(_WRAPPERS)} one would have been found. {ADVICE}"
            )
    cut = 0
    while found := [prefix for prefix in _PREFIXES if all(name.startswith(prefix, cut) for name in root)]:
        cut += len(found[0])
    return {name[cut:]: value for name, value in root.items()}


def _kind(value: Any) -> str:
    """What a value is to its writer: for dicts and names of classes, records of our own stand here."""
    return "dict" if isinstance(value, Mapping) else type(value).__name__.lstrip("_")


def _as_array(tensor: StoredTensor, numbers: np.ndarray) -> np.ndarray:
    strides = [stride * numbers.itemsize for stride in tensor.strides]
    view = np.lib.stride_tricks.as_strided(numbers[tensor.offset :], tensor.shape, strides, writeable=False)
    return np.array(view, np.float32 if tensor.storage.kind == "BFloat16Storage" else None)
