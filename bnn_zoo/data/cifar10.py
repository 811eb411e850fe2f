"""CIFAR-10 as its publishers offer it: the binary version, a folder of .bin files or the archive of it."""

from __future__ import annotations

import os
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path, PurePosixPath

import numpy as np

from bnn_zoo._error_words import in_one_line
from bnn_zoo._user_path import user_path
from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.data.labels import class_labels

_FILES = {
    "train": tuple(f"data_batch_{number}.bin" for number in range(1, 6)),
    "test": ("test_batch.bin",),
}
_BINARY_NAMES = frozenset(name for names in _FILES.values() for name in names)
_PICKLED_NAMES = frozenset(name.removesuffix(".bin") for name in _BINARY_NAMES)
_RECORD = 1 + 3 * 32 * 32
_LARGEST_FILE = 60_000 * _RECORD
_TAR_ENDINGS = (".tar.gz", ".tgz", ".tar")
_DAMAGED = (tarfile.TarError, zlib.error, EOFError, OSError)


def is_cifar10_binary(source: str | os.PathLike[str]) -> bool:
    """Whether a path is CIFAR-10's binary version: a folder with its .bin files (or with the folder
    cifar-10-batches-bin in it), or a .tar.gz, .tgz or .tar with them. Decided by the names inside."""
    return _holds(user_path(source), _BINARY_NAMES)


def is_cifar10_pickled(source: str | os.PathLike[str]) -> bool:
    """Whether a path is CIFAR-10's python version, which is pickled and therefore refused."""
    return _holds(user_path(source), _PICKLED_NAMES)


def cifar10_splits(source: str | os.PathLike[str]) -> tuple[str, ...]:
    """The splits of which there is a file in CIFAR-10's binary version, sorted.

    Raises:
        ValueError: the archive is damaged.
    """
    path = user_path(source)
    found, damage = _names(path)
    if damage:
        raise ValueError(_damaged(path, damage))
    return tuple(sorted(split for split, names in _FILES.items() if found.intersection(names)))


def load_cifar10_binary(source: str | os.PathLike[str], split: str | None) -> ImageDataset:
    """Reads a split of CIFAR-10's binary version; nothing is unpacked to disk.

    Args:
        source: the folder cifar-10-batches-bin, the folder it lies in, or cifar-10-binary.tar.gz.
        split: "train" (data_batch_1 to 5) or "test".

    Returns:
        The pictures, 32x32, in the order of the files.

    Raises:
        ValueError: `source` is not the binary version, one of its files is missing, truncated or has a label above 9,
            or `split` is none of its splits.
        FileNotFoundError: there is no `source`.
    """
    path = user_path(source)
    if not path.exists():
        raise FileNotFoundError(f"source {str(path)!r}: no such file or folder")
    if not is_cifar10_binary(path):
        refuse_pickled(path)
        raise ValueError(
            f"source {str(path)!r} is not CIFAR-10's binary version; that is a folder with data_batch_1.bin to "
            "data_batch_5.bin and test_batch.bin, or cifar-10-binary.tar.gz"
        )
    if split not in _FILES:
        raise ValueError(f"split is {split!r}; CIFAR-10 has 'train' and 'test': pass one of them")
    wanted = _FILES[split]
    with _open_files(path) as files:
        records = {name: _records(read(), f"{path}: {name}") for name, read in files if name in wanted}
    missing = [name for name in wanted if name not in records]
    if missing:
        raise ValueError(
            f"source {str(path)!r} lacks {', '.join(missing)} of the split {split!r}: download CIFAR-10's binary version again"
        )
    together = np.concatenate([records[name] for name in wanted])
    # Planes of red, green and blue become channels last.
    images = np.ascontiguousarray(together[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
    return ImageDataset(images, together[:, 0].astype(np.int64), class_labels("cifar10"))


def refuse_pickled(source: str | os.PathLike[str]) -> None:
    """Refuses CIFAR-10's python version.

    Raises:
        ValueError: `source` is the python version.
    """
    if is_cifar10_pickled(source):
        raise ValueError(
            f"source {str(source)!r} is CIFAR-10's python version, which is pickled; reading a pickle can run any code "
            "in it, so it is not read: take the binary version (cifar-10-binary.tar.gz) instead"
        )


def _records(content: bytes, name: str) -> np.ndarray:
    if not content or len(content) % _RECORD:
        raise ValueError(
            f"{name} has {len(content)} bytes; a file of CIFAR-10's binary version has a multiple of {_RECORD} (a "
            "label and 32x32x3 values): it is truncated or something else, download it again"
        )
    records = np.frombuffer(content, np.uint8).reshape(-1, _RECORD)
    worst = int(records[:, 0].argmax())
    if records[worst, 0] > 9:
        raise ValueError(
            f"{name}: picture {worst} has the label {records[worst, 0]}; CIFAR-10's are 0 to 9: the file is damaged or "
            "of another data set (CIFAR-100's records have two labels)"
        )
    return records


def _holds(source: Path, names: frozenset[str]) -> bool:
    found, damage = _names(source)
    # What is damaged is claimed by its name, so that loading it says what is wrong.
    by_name = names is _BINARY_NAMES and source.name.startswith("cifar-10-binary")
    return bool(found & names) or (bool(damage) and by_name)


def _names(source: Path) -> tuple[frozenset[str], str]:
    """Which of CIFAR-10's files, of either version, there are, and what is wrong with the archive."""
    if source.is_dir():
        # A Path's is_file would raise where the folder may not be entered.
        known = _BINARY_NAMES | _PICKLED_NAMES
        return frozenset(name for folder in _folders(source) for name in known if os.path.isfile(folder / name)), ""
    if not source.is_file() or not source.name.endswith(_TAR_ENDINGS):
        return frozenset(), ""
    state = source.stat()
    return _names_in_archive(source, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=4)
def _names_in_archive(path: Path, _modified: int, _size: int) -> tuple[frozenset[str], str]:
    """Remembered, since an archive has to be unpacked for its names, and a run asks for them several times."""
    found, damage = set(), ""
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                if member.isfile():
                    found.add(PurePosixPath(member.name).name)
    except _DAMAGED as error:
        damage = in_one_line(error)
    return frozenset(found & (_BINARY_NAMES | _PICKLED_NAMES)), damage


def _folders(source: Path) -> tuple[Path, ...]:
    return source, source / "cifar-10-batches-bin", source / "cifar-10-batches-py"


@contextmanager
def _open_files(source: Path) -> Iterator[Iterator[tuple[str, Callable[[], bytes]]]]:
    """The binary version's files by name, each with how to read it before going on to the next."""
    if source.is_dir():
        yield (
            (name, (folder / name).read_bytes)
            for folder in _folders(source)
            for name in sorted(_BINARY_NAMES)
            if (folder / name).is_file()
        )
        return
    try:
        with tarfile.open(source) as archive:
            yield _members(archive, source)
    except _DAMAGED as error:
        raise ValueError(_damaged(source, in_one_line(error))) from error


def _damaged(source: Path, reason: str) -> str:
    return f"source {str(source)!r} is damaged or truncated ({reason}): download it again"


def _members(archive: tarfile.TarFile, source: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    for member in archive:
        name = PurePosixPath(member.name).name
        if not member.isfile() or name not in _BINARY_NAMES:
            continue
        if member.size > _LARGEST_FILE:
            raise ValueError(
                f"{source}: {name} has {member.size} bytes; CIFAR-10's largest file has {10_000 * _RECORD}: it is something else"
            )
        content = archive.extractfile(member)
        assert content is not None  # None only for what is no file
        yield name, content.read
