"""Files and folders that may not be read, also for root, whom no rights stop."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

_NOBODY = 65534


@contextmanager
def unreadable(path: Path) -> Iterator[None]:
    """While it lasts nobody may read `path`, and root is nobody."""
    Image.init()  # its plugins are loaded when they are needed, and nobody may not be allowed to
    before, root = path.stat().st_mode, os.geteuid() == 0
    opened = [(folder, folder.stat().st_mode) for folder in path.parents if root and not folder.stat().st_mode & 0o001]
    path.chmod(0)
    try:
        for folder, mode in opened:  # of pytest's folders, which are root's alone
            folder.chmod(mode | 0o055)
        if root:
            os.seteuid(_NOBODY)
        yield
    finally:
        if root:
            os.seteuid(0)
        for folder, mode in opened:
            folder.chmod(mode)
        path.chmod(before)
