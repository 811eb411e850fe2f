"""Files that are whole or not there: what every room writes that somebody may read while it is written, or after a stop."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bnn_zoo._full_disk import full_disk_number

#: Seconds after which what nobody wrote to is a leftover of a process that was killed.
ABANDONED = 3600

_BLOCK = 2**20

#: Of the folders in which files are made.
_PREFIX, _SUFFIX = ".", ".tmp"

#: Their names: the name of what is made there, and eight characters of tempfile's. Others' folders may be called .scratch.tmp.
_MADE = re.compile(rf"{re.escape(_PREFIX)}.+\.[a-z0-9_]{{8}}{re.escape(_SUFFIX)}", re.DOTALL)

#: Characters of the name of what is made there, which is in the folder's; a name may have 255.
_NAME = 100


def write_whole(path: Path, write: Callable[[Path], object], reserve: int = 0) -> None:
    """Writes a file beside its place, and moves it there when it is whole and on the disk.

    Several processes may write the same file: the last one's stays. A pipe, or what /dev/stdout stands for, is written into.

    Args:
        path: where it belongs, in a folder that exists.
        write: writes it to the path that it is given, which has the same name.
        reserve: bytes to make sure of before; for writers that do not stand a full disk, as HDF5, which ends the whole process.

    Raises:
        OSError: if it cannot be written; what was at `path` is then as it was.
    """
    if _is_stream(path):
        with tempfile.TemporaryDirectory() as elsewhere, open(path, "wb") as stream:
            write(Path(elsewhere, path.name))
            stream.write(Path(elsewhere, path.name).read_bytes())
        return
    # A folder and not a temporary file: that could be read by its owner only, and the move would keep it so. In a folder of its own
    # the file has its own name too, whose ending some writers go by.
    with folder_beside(path) as folder:
        part = folder / path.name
        if reserve:
            _take(part, reserve)
        write(part)
        # Without it, a power cut after the move can leave an empty file under the final name.
        _onto_disk(part)
        os.replace(part, path)


@contextmanager
def folder_beside(path: Path) -> Iterator[Path]:
    """A hidden folder beside a path, to make in it what belongs there; it is gone afterwards, and so are those of killed processes.

    Args:
        path: where what is made will be moved to, which cannot be half done within one file system.

    Raises:
        OSError: if there is no room, which may be found out by an error of another kind, or something in the folder fails. It
            names `path`, for nobody knows the folder.
    """
    prefix = f"{_PREFIX}{path.name[:_NAME]}."
    try:
        _remove_abandoned(path.parent, prefix)
        with tempfile.TemporaryDirectory(prefix=prefix, suffix=_SUFFIX, dir=path.parent) as folder:
            yield Path(folder)
    except OSError as error:
        elsewhere = error.filename is not None and prefix not in f"{error.filename} {error.filename2}"
        if error.errno is None or elsewhere:
            raise
        raise OSError(error.errno, os.strerror(error.errno), str(path)) from error
    except Exception as error:
        number = full_disk_number(error)
        if number is None:
            raise
        # TensorFlow's errors; what it writes elsewhere are temporary files.
        raise OSError(number, os.strerror(number), str(path) if prefix in str(error) else tempfile.gettempdir()) from error


def write_text_whole(path: Path, text: str) -> None:
    """Writes a text file in UTF-8, as `write_whole`.

    Raises:
        OSError: if it cannot be written; what was at `path` is then as it was.
    """
    write_whole(path, lambda part: part.write_text(text, encoding="utf-8"))


def remove_unfinished(folder: Path) -> None:
    """Removes what writers that were killed left in a folder, while nobody writes there."""
    for part in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        if _MADE.fullmatch(part.name):
            shutil.rmtree(part, ignore_errors=True)


def _is_stream(path: Path) -> bool:
    """Whether a move to this path would put a file in the place of a device or a pipe."""
    # What /dev/stdout stands for may be a file; the name itself is everybody's. /dev/shm holds ordinary files.
    special = path.is_absolute() and path.parts[1:2] in (("dev",), ("proc",)) and path.parts[1:3] != ("dev", "shm")
    return special or (os.path.exists(path) and not os.path.isfile(path))


def _remove_abandoned(folder: Path, prefix: str) -> None:
    try:
        names = os.listdir(folder)
    except OSError:  # whether something can be made there is seen when it is
        return
    for name in names:
        part = folder / name
        if name.startswith(prefix) and _MADE.fullmatch(name) and time.time() - _last_written(part) > ABANDONED:
            shutil.rmtree(part, ignore_errors=True)


def _last_written(folder: Path) -> float:
    try:
        return max(place.stat().st_mtime for place in (folder, *folder.rglob("*")))
    except OSError:  # another process removes it just now
        return time.time()


def _take(path: Path, size: int) -> None:
    with open(path, "wb") as file:
        for start in range(0, size, _BLOCK):
            file.write(bytes(min(_BLOCK, size - start)))
    _onto_disk(path)  # some file systems find out only now that there is no room


def _onto_disk(path: Path) -> None:
    with open(path, "r+b") as file:
        os.fsync(file.fileno())
