"""What a run says when the disk is full."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bnn_zoo._full_disk import full_disk_number


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
        number = full_disk_number(error)
        if number is None:
            raise
        safe = f"The last whole checkpoint is {checkpoint}." if checkpoint else "There is no checkpoint yet."
        raise OSError(
            number,
            f"{os.strerror(number)}: writing {path} takes {size / 2**20:.1f} MiB. {safe} "
            "Make room and start the same command again: the run goes on from there",
        ) from error
