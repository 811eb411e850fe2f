"""Paths as people write them, with ~ for a home."""

from __future__ import annotations

import os
from pathlib import Path


def shown_path(path: str | os.PathLike[str]) -> str:
    """A path in one line of text: names may have line breaks."""
    return " ".join(os.fspath(path).splitlines())


def user_path(path: str | os.PathLike[str]) -> Path:
    """The path that is meant: ~ and ~NAME at its start stand for a home, but a home that is nobody's stays as it is, as in a shell.

    What it gives may be given to it again.
    """
    try:
        found = Path(os.path.expanduser(path))
    except ValueError:  # of a name that no system has; who opens it says so
        found = Path(path)
    # A folder that is really called so would be taken for a home the next time.
    return found.absolute() if str(found).startswith("~") else found
