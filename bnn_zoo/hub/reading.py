"""Whatever goes wrong while a weight file is read is one error, in one line."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from bnn_zoo._error_words import in_one_line
from bnn_zoo.hub.errors import WeightFileError


def is_ordinary(path: str | os.PathLike[str]) -> bool:
    """Whether a path is that of a file: opening a named pipe would wait for a writer for ever, and a device may have no end.

    Raises:
        OSError: if nothing is there.
    """
    return stat.S_ISREG(os.stat(path).st_mode)


@contextmanager
def reading(path: str | os.PathLike[str], *also: type[Exception]) -> Iterator[None]:
    """What surrounds the reading of a file.

    Args:
        path: the file.
        also: further kinds of errors that a reader raises for a damaged file.

    Raises:
        WeightFileError: if there is no file, it may not be read, or reading it failed.
    """
    damage: tuple[type[Exception], ...] = (OSError, ValueError, RecursionError, MemoryError, OverflowError, *also)
    try:
        if not is_ordinary(path):
            raise ValueError("it is a folder or a device")
        yield
    except FileNotFoundError as error:
        raise WeightFileError(f"{path}: there is no such file; check the name, or fetch or save it again") from error
    except PermissionError as error:
        raise WeightFileError(f"{path}: no permission to read the file; check its owner and mode") from error
    except damage as error:
        # One line of it: names in the file can be long, and hold line breaks.
        raise WeightFileError(
            f"{path}: not a readable weight file ({in_one_line(error)}); the file is damaged: fetch or save it again"
        ) from error
