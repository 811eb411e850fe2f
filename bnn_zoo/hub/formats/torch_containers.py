"""The two layouts of PyTorch's files: the .zip that PyTorch writes since 1.6, and what it wrote before."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, BinaryIO, TypeAlias

from bnn_zoo.hub.formats.torch_pickle import ADVICE, OtherContentError, Storage, StoredTensor, read_pickle

#: With these two pickles a file of before PyTorch 1.6 begins.
MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001

#: The pickled description of all tensors, bytes: a few hundred for each.
_LARGEST_PICKLE = 2**26

_OTHER_ORDER = f"was written on a machine with the other order of bytes. {ADVICE}"

NumbersOf: TypeAlias = Callable[[Storage], bytes]


def opened(file: BinaryIO) -> AbstractContextManager[tuple[Any, NumbersOf]]:
    """What a file holds, with a `StoredTensor` for each tensor, and a function that gives the bytes of a storage.

    Raises:
        OtherContentError: if its pickle asks for anything beyond what a state dict needs, or it has the other order of bytes.
        ValueError: if it is damaged.
    """
    return _zipped(file) if file.read(2) == b"PK" else _legacy(file)


@contextmanager
def _zipped(file: BinaryIO) -> Iterator[tuple[Any, NumbersOf]]:
    with zipfile.ZipFile(file) as archive:
        names = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        if len(names) != 1:
            raise ValueError("a .zip file without data.pkl is no checkpoint of PyTorch's")
        folder = names[0].removesuffix("data.pkl")

        def member(name: str, largest: int) -> bytes:
            info = archive.getinfo(folder + name)
            # PyTorch does not compress: what is compressed could be made to fill any memory.
            if info.compress_type != zipfile.ZIP_STORED or info.file_size > largest:
                raise ValueError(f"{name!r:.100} has {info.file_size} bytes, or is compressed")
            return archive.read(info)

        def numbers_of(storage: Storage) -> bytes:
            found = member(f"data/{storage.key}", storage.bytes)
            if len(found) != storage.bytes:
                raise ValueError(f"the storage {storage.key!r:.100} has {len(found)} bytes, not {storage.bytes}")
            return found

        if f"{folder}byteorder" in archive.namelist() and member("byteorder", 16) != b"little":
            raise OtherContentError(_OTHER_ORDER)
        try:
            yield read_pickle(io.BytesIO(member("data.pkl", _LARGEST_PICKLE))), numbers_of
        except KeyError as error:
            raise ValueError(f"a part is missing: {error}") from error


@contextmanager
def _legacy(file: BinaryIO) -> Iterator[tuple[Any, NumbersOf]]:
    file.seek(0)
    if read_pickle(file) != MAGIC or read_pickle(file) != _PROTOCOL:
        raise ValueError("it does not begin as a checkpoint of PyTorch's")
    system = read_pickle(file)
    if not isinstance(system, Mapping):
        raise ValueError("it does not say on what machine it was written")
    if not system.get("little_endian", True):
        raise OtherContentError(_OTHER_ORDER)
    root, keys = read_pickle(file), read_pickle(file)
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise ValueError("it does not list its storages")
    starts: dict[str, int] = {}
    sizes = {storage.key: storage for storage in _storages(root)}
    for key in keys:
        if key not in sizes:
            raise ValueError(f"it holds a storage {key!r:.100} that no tensor uses")
        count = int.from_bytes(file.read(8), "little")
        if count != sizes[key].numbers:
            raise ValueError(f"the storage {key!r:.100} has {count} numbers, not {sizes[key].numbers}")
        starts[key] = file.tell()
        file.seek(sizes[key].bytes, os.SEEK_CUR)

    def numbers_of(storage: Storage) -> bytes:
        if storage.key not in starts:
            raise ValueError(f"the storage {storage.key!r:.100} is missing")
        file.seek(starts[storage.key])
        found = file.read(storage.bytes)
        if len(found) != storage.bytes:
            raise ValueError("it ends too early")
        return found

    yield root, numbers_of


def _storages(value: Any) -> Iterator[Storage]:
    waiting, seen = [value], set()
    while waiting:
        value = waiting.pop()
        if isinstance(value, StoredTensor):
            yield value.storage
        elif isinstance(value, (Mapping, list, tuple)) and id(value) not in seen:
            seen.add(id(value))
            waiting.extend(value.values() if isinstance(value, Mapping) else value)
