"""What a run says when the disk is full."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# A quota and a limit on the size of files stop a run as a full disk does.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

_BLOCK = 2**20


@contextmanager
def explain_full_disk(path: Path, size: int, checkpoint: Path | None) -> Iterator[None]:
    """Turns the error of a full disk into one that says what is needed and what is safe.

    Args:
        path: what is written, or the folder that it is written to.
        size: bytes that it takes.
        checkpoint: the last one that is whole, if there is one.

    Raises:
        OSError: with the same number as the error that came.
    """
    try:
        yield
    except OSError as error:
        # HDF5 gives its errors no number, only the system's words.
        number = error.errno if error.errno in _FULL else next((code for code in _FULL if os.strerror(code) in str(error)), None)
        if number is None:
            raise
        safe = f"The last whole checkpoint is {checkpoint}." if checkpoint else "There is no checkpoint yet."
        raise OSError(
            number,
            f"{os.strerror(number)}: writing {path} takes {size / 2**20:.1f} MiB. {safe} "
            "Make room and start the same command again: the run goes on from there",
        ) from error


def write_whole(path: Path, write: Callable[[Path], object], reserve: int = 0) -> None:
    """Writes a file beside its place, and moves it there when it is whole.

    Args:
        path: where it belongs.
        write: writes it to the path that it is given.
        reserve: bytes to make sure of before; for writers that do not stand a full disk, as HDF5, which ends the whole process.

    Raises:
        OSError: if it cannot be written; what was at `path` is then as it was.
    """
    part = path.with_name(f"part.{path.name}")
    try:
        if reserve:
            _take(part, reserve)
        write(part)
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _take(path: Path, size: int) -> None:
    with open(path, "wb") as file:
        for start in range(0, size, _BLOCK):
            file.write(bytes(min(_BLOCK, size - start)))
        file.flush()
        os.fsync(file.fileno())
