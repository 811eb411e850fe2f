"""Where downloaded files lie."""

from __future__ import annotations

import os
import time
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
    freed = 0
    folder = downloads_folder()
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.suffix == ".lock":
            continue
        try:
            state = path.stat()
            if time.time() - state.st_mtime > ABANDONED:
                path.unlink()
                freed += state.st_size
        except OSError:  # another process was faster, or the cache is read-only
            continue
    return freed
