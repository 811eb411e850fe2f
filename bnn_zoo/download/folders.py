"""Where downloaded files lie."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

from bnn_zoo._user_path import user_path
from bnn_zoo._whole_file import ABANDONED


def cache_folder() -> Path:
    """The cache: BNN_ZOO_CACHE, or the platform's cache folder."""
    chosen = os.environ.get("BNN_ZOO_CACHE")
    if chosen:
        return user_path(chosen)
    import pooch  # slow to import

    return Path(pooch.os_cache("bnn_zoo"))


def downloads_folder() -> Path:
    """Where files lie while they are downloaded, with the locks that keep others waiting."""
    return cache_folder() / ".downloads"


def clear_leftovers() -> int:
    """Removes what downloads that were killed left behind; the bytes that were freed.

    Locks stay: nobody writes to one, so that its age tells nothing, and one that is held and goes keeps nobody out any more.
    """
    folder = downloads_folder()
    return remove_abandoned(path for path in folder.iterdir() if path.suffix != ".lock") if folder.is_dir() else 0


def remove_abandoned(paths: Iterable[Path]) -> int:
    """Removes those files to which nobody wrote for an hour; the bytes that were freed."""
    return remove(filter(_is_abandoned, paths))


def remove(paths: Iterable[Path]) -> int:
    """Removes files, as far as that is possible; the bytes that were freed."""
    freed = 0
    for path in paths:
        try:
            size = path.stat().st_size
            path.unlink()
        except OSError:  # another process was faster, or the cache is read-only
            continue
        freed += size
    return freed


def _is_abandoned(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > ABANDONED
    except OSError:
        return False
