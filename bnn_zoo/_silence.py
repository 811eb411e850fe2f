"""Standard error kept from what C++ code writes to it."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

# Standard error is one for all threads: two that put it aside and back in turn would lose it.
_LOCK = threading.RLock()


@contextmanager
def silent_stderr() -> Iterator[Callable[[], str]]:
    """Keeps all that is written to standard error, by Python and by C++, from the terminal. One thread at a time does so.

    Yields:
        A function that gives what was written so far.
    """
    with _LOCK:
        if sys.stderr is not None:  # None in a program without a terminal, such as pythonw
            sys.stderr.flush()
        try:
            kept = os.dup(2)
        except OSError:  # standard error is closed
            yield lambda: ""
            return
        try:
            with tempfile.TemporaryFile() as aside:
                os.dup2(aside.fileno(), 2)
                try:
                    yield lambda: _contents(aside)
                finally:
                    os.dup2(kept, 2)
        finally:
            os.close(kept)


def _contents(file: IO[bytes]) -> str:
    file.seek(0)  # reading to the end brings the place where others write back to it
    return file.read().decode(errors="replace")
