"""One run at a time in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bnn_zoo._whole_file import remove_unfinished

#: The file that is locked, which stays. The system frees the lock when its process ends, in whatever way.
LOCK = ".lock"


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keeps a run's folder to this process, and clears away what processes left in it that were killed while they wrote.

    Args:
        folder: of the run; it exists.

    Raises:
        ValueError: if another process is at work in it.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ValueError(
            f"another process trains in {folder} just now; wait until it is done, or choose another folder."
        ) from error
    try:
        for place in (folder, *folder.glob("checkpoints"), *folder.glob("checkpoints/*/")):
            remove_unfinished(place)
        yield
    finally:
        lock.release()
