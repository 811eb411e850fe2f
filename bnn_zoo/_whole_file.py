"""Files that are whole or not there: what every room writes that somebody may read while it is written, or after a stop."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

_BLOCK = 2**20

#: Of the folders in which files are made.
_PREFIX, _SUFFIX = ".", ".tmp"


def write_whole(path: Path, write: Callable[[Path], object], reserve: int = 0) -> None:
    """Writes a file beside its place, and moves it there when it is whole and on the disk.

    Several processes may write the same file: the last one's stays.

    Args:
        path: where it belongs, in a folder that exists.
        write: writes it to the path that it is given, which has the same name.
        reserve: bytes to make sure of before; for writers that do not stand a full disk, as HDF5, which ends the whole process.

    Raises:
        OSError: if it cannot be written; what was at `path` is then as it was.
    """
    # A folder and not a temporary file: that could be read by its owner only, and the move would keep it so. In a folder of its own
    # the file has its own name too, whose ending some writers go by.
    with tempfile.TemporaryDirectory(prefix=_PREFIX, suffix=_SUFFIX, dir=path.parent) as folder:
        part = Path(folder) / path.name
        if reserve:
            _take(part, reserve)
        write(part)
        # Without it, a power cut after the move can leave an empty file under the final name.
        _onto_disk(part)
        os.replace(part, path)


def write_text_whole(path: Path, text: str) -> None:
    """Writes a text file in UTF-8, as `write_whole`.

    Raises:
        OSError: if it cannot be written; what was at `path` is then as it was.
    """
    write_whole(path, lambda part: part.write_text(text, encoding="utf-8"))


def remove_unfinished(folder: Path) -> None:
    """Removes what writers that were killed left in a folder, while nobody writes there."""
    for part in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        shutil.rmtree(part, ignore_errors=True)


def _take(path: Path, size: int) -> None:
    with open(path, "wb") as file:
        for start in range(0, size, _BLOCK):
            file.write(bytes(min(_BLOCK, size - start)))
    _onto_disk(path)  # some file systems find out only now that there is no room


def _onto_disk(path: Path) -> None:
    with open(path, "r+b") as file:
        os.fsync(file.fileno())
