"""The pickle in a PyTorch checkpoint, read without running it: plain values, and where the numbers of each tensor lie.

A pickle is a program that may call anything. This reader knows the few names that a state dict needs, each of which stands here for
a record of our own; every other name ends the reading.
"""

from __future__ import annotations

import math
import pickle
import reprlib
from collections.abc import Callable
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from ml_dtypes import bfloat16

from bnn_zoo._error_words import in_one_line
from bnn_zoo.hub.formats.pickle_check import check_pickle

#: The classes of storages, and their numbers as numpy reads them.
STORAGES: dict[str, Any] = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "BFloat16Storage": bfloat16,
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}

#: How many numbers a tensor may have that repeats a few that are stored: those would make one of any size.
_MOST_EXPANDED = 2**20

#: What to do with a file that holds something else.
ADVICE = (
    "Save its weights alone, in a place where you trust the file: "
    'torch.save({name: value.cpu() for name, value in model.state_dict().items()}, "weights.pth").'
)


# Tuples, since a pickle could set the attributes of anything else, frozen or not.


class Storage(NamedTuple):
    """The numbers of one or more tensors: the name of their class, where they lie in the file, and how many there are."""

    kind: str
    key: str
    numbers: int

    @property
    def dtype(self) -> np.dtype:
        return np.dtype(STORAGES[self.kind])

    @property
    def bytes(self) -> int:
        return self.numbers * self.dtype.itemsize


class StoredTensor(NamedTuple):
    """A tensor as a view of a storage: offset and strides in numbers."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def numbers(self) -> int:
        return math.prod(self.shape)


class OtherContentError(Exception):
    """A file that may be sound, and is not read: it asks for code, holds no state dict, or was written for another machine."""


class _Plain(dict):  # type: ignore[type-arg]
    """A dict in the place of OrderedDict, which PyTorch gives attributes (`_metadata`) that nobody here needs."""

    __slots__ = ()

    def __setstate__(self, state: Any) -> None:
        pass


class _Name:
    """What an allowed name stands for. Without attributes, so that the pickle cannot set any."""

    __slots__ = ("_make",)

    _make: Callable[..., Any]

    def __init__(self, make: Callable[..., Any]) -> None:
        object.__setattr__(self, "_make", make)

    def __setattr__(self, name: str, value: Any) -> None:
        raise pickle.UnpicklingError(f"it sets the attribute {name!r:.50}")

    def __call__(self, *arguments: Any) -> Any:
        return self._make(*arguments)


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> StoredTensor:
    numbers = (offset, *shape, *strides)
    if not isinstance(storage, Storage) or len(shape) != len(strides) or len(shape) > 8:
        raise pickle.UnpicklingError("a tensor without storage, or whose shape and strides do not fit")
    if not all(type(number) is int and 0 <= number < 2**40 for number in numbers):
        raise pickle.UnpicklingError(f"a tensor of the shape {_shown(shape)} and the strides {_shown(strides)}")
    found = StoredTensor(storage, offset, tuple(shape), tuple(strides))
    last = offset + sum((side - 1) * stride for side, stride in zip(shape, strides, strict=True))
    # A stride of 0 is what `expand` leaves: the same numbers again and again. Nothing else may use a number twice.
    stored = math.prod(side for side, stride in zip(shape, strides, strict=True) if stride)
    is_too_large = stored > storage.numbers or found.numbers > max(storage.numbers, _MOST_EXPANDED)
    if found.numbers and (last >= storage.numbers or is_too_large):
        raise pickle.UnpicklingError(f"a tensor of the shape {_shown(shape)} that reaches beyond its {storage.numbers} numbers")
    return found


def _parameter(data: Any, *_: Any) -> StoredTensor:
    if not isinstance(data, StoredTensor):
        raise pickle.UnpicklingError("a parameter that is no tensor")
    return data


class _StorageKind(NamedTuple):
    """The class of a storage; it cannot be called."""

    name: str


def _shown(value: Any) -> str:
    """A value in a message, of which lists in lists could make gigabytes."""
    return reprlib.repr(value)[:100]


class _Reader(pickle.Unpickler):
    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file, encoding="utf-8")
        self.storages: dict[str, Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        allowed: dict[tuple[str, str], Callable[..., Any]] = {
            ("collections", "OrderedDict"): _Plain,
            ("torch._utils", "_rebuild_tensor"): _tensor,  # before PyTorch 0.4
            ("torch._utils", "_rebuild_tensor_v2"): _tensor,
            ("torch._utils", "_rebuild_parameter"): _parameter,
        }
        if module == "torch" and name in STORAGES:
            return _StorageKind(name)
        if (module, name) not in allowed:
            raise OtherContentError(
                f"asks for {f'{module}.{name}'!r:.100}, which no state dict needs and which is not run. {ADVICE}"
            )
        return _Name(allowed[module, name])

    def persistent_load(self, pid: Any) -> Storage:
        # A view of another storage, which files of before 2020 may name last, is no longer written by anybody.
        if not isinstance(pid, tuple) or len(pid) not in (5, 6) or pid[0] != "storage" or (len(pid) == 6 and pid[5] is not None):
            raise pickle.UnpicklingError(f"it refers to {_shown(pid)}, which is no storage")
        _, kind, key, _, count = pid[:5]
        if not isinstance(kind, _StorageKind) or not isinstance(key, str) or type(count) is not int or not 0 <= count < 2**40:
            raise pickle.UnpicklingError(f"a storage that is described by {_shown(pid)}")
        storage = Storage(kind.name, key, count)
        # Each description would be read into memory of its own.
        if self.storages.setdefault(key, storage) != storage:
            raise pickle.UnpicklingError(f"it describes the storage {_shown(key)} in two ways")
        return storage


def read_pickle(file: BinaryIO) -> Any:
    """The next pickle of a file: dicts, lists, tuples, numbers and texts, and a `StoredTensor` for each tensor.

    Raises:
        OtherContentError: if it asks for any name that a state dict does not need.
        ValueError: if it is damaged.
    """
    try:
        check_pickle(file)
        return _Reader(file).load()
    except OtherContentError:
        raise
    except Exception as error:  # a damaged pickle makes the reader raise almost anything
        raise ValueError(in_one_line(error)) from error
