"""Where results are to be written, looked at before the work that makes them."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def check_file_place(path: Path) -> None:
    """Whether something can be written at a path. Its folder must be there: a name that was mistyped would make a new one.

    Raises:
        OSError: if the folder is not there, is none, or may not be written into.
    """
    folder = path.absolute().parent
    if not folder.exists():
        above = next(place for place in folder.parents if place.exists())
        if above.is_dir():
            raise FileNotFoundError(f"{path}: no such file or directory: the folder {path.parent} is not there; make it first.")
        folder = above
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))


def check_folder_place(path: Path) -> None:
    """Whether a folder, which a run makes where it is not there, can be made; nothing is left of the attempt.

    Raises:
        OSError: if it cannot.
    """
    missing = []
    folder = path.absolute()
    while not os.path.lexists(folder):
        missing.append(folder)
        folder = folder.parent
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OSError(f"{path}: the folder cannot be made ({reason}); give another one.") from error
    finally:
        for made in missing:
            try:
                made.rmdir()
            except OSError:  # was not made, or another process of the same run has begun to write
                break
