"""PyTorch's files, written without PyTorch: both of its layouts, honest ones and others."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

KINDS = {"f4": "FloatStorage", "f8": "DoubleStorage", "f2": "HalfStorage", "i8": "LongStorage", "u1": "ByteStorage"}


class Named:
    """A name of another program, as a pickle has it; called, it stands for the call."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name

    def __call__(self, *arguments: Any) -> Any:
        raise NotImplementedError


class Tensor:
    """An array on its way into a file, as a view of a storage."""

    def __init__(self, array: np.ndarray, kind: str | None = None, **changes: Any) -> None:
        self.array = np.array(array, order="C")
        self.kind = kind or KINDS[self.array.dtype.str[1:]]
        strides = tuple(stride // self.array.itemsize for stride in self.array.strides)
        self.view = {"offset": 0, "shape": array.shape, "strides": strides, "count": array.size, **changes}

    def __reduce__(self) -> Any:
        view = self.view
        storage = Storage(self, view["count"])
        arguments = (storage, view["offset"], view["shape"], view["strides"], False, OrderedDict())
        return Named("torch._utils", "_rebuild_tensor_v2"), arguments


class Storage:
    def __init__(self, tensor: Tensor, count: int) -> None:
        self.tensor, self.count = tensor, count


class Parameter:
    """A tensor with what PyTorch wraps around those that are trained."""

    def __init__(self, array: np.ndarray) -> None:
        self.tensor = Tensor(array)

    def __reduce__(self) -> Any:
        return Named("torch._utils", "_rebuild_parameter"), (self.tensor, True, OrderedDict())


class _Pickler(pickle._Pickler):  # type: ignore[name-defined]
    """Python's own, which lets us write names of modules that are not here."""

    def __init__(self, file: io.BytesIO, legacy: bool) -> None:
        super().__init__(file, protocol=2)
        self.legacy = legacy
        self.storages: list[Tensor] = []

    def persistent_id(self, value: Any) -> Any:
        if not isinstance(value, Storage):
            return None
        if value.tensor not in self.storages:
            self.storages.append(value.tensor)
        key = str(self.storages.index(value.tensor))
        pid = ("storage", Named("torch", value.tensor.kind), key, "cuda:0", value.count)
        return (*pid, None) if self.legacy else pid

    def save(self, value: Any, save_persistent_id: bool = True) -> None:
        if isinstance(value, Named):
            self.write(b"c" + f"{value.module}\n{value.name}\n".encode())
        else:
            super().save(value, save_persistent_id)


def _pickled(value: Any, legacy: bool) -> tuple[bytes, list[Tensor]]:
    file = io.BytesIO()
    pickler = _Pickler(file, legacy)
    pickler.dump(value)
    return file.getvalue(), pickler.storages


def state_of(arrays: Mapping[str, np.ndarray], prefix: str = "") -> OrderedDict[str, Tensor]:
    """A state dict, with the attribute that PyTorch's have."""
    state = OrderedDict((prefix + name, Tensor(array)) for name, array in arrays.items())
    state._metadata = OrderedDict({"": {"version": 1}})  # type: ignore[attr-defined]
    return state


def write_zip(path: Path, value: Any, *, compression: int = zipfile.ZIP_STORED, **extra: bytes) -> Path:
    """As PyTorch writes since 1.6."""
    data, storages = _pickled(value, legacy=False)
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("archive/data.pkl", data)
        for key, tensor in enumerate(storages):
            archive.writestr(f"archive/data/{key}", tensor.array.tobytes())
        archive.writestr("archive/version", "3\n")
        for name, content in extra.items():
            archive.writestr(f"archive/{name}", content)
    return path


def write_legacy(path: Path, value: Any) -> Path:
    """As PyTorch wrote before 1.6: pickles one behind the other, then the numbers of all storages."""
    data, storages = _pickled(value, legacy=True)
    keys = [str(key) for key in range(len(storages))]
    start = [0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2}}]
    with open(path, "wb") as file:
        for part in start:
            file.write(pickle.dumps(part, protocol=2))
        file.write(data + pickle.dumps(keys, protocol=2))
        for tensor in storages:
            file.write(tensor.array.size.to_bytes(8, "little") + tensor.array.tobytes())
    return path
