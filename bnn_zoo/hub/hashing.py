"""The SHA-256 of a weight file."""

from __future__ import annotations

import os

from bnn_zoo.download.hashing import sha256_of
from bnn_zoo.hub.reading import reading


def file_sha256(path: str | os.PathLike[str]) -> str:
    """Computes a weight file's SHA-256 without holding the file in memory.

    Args:
        path: the file to read.

    Returns:
        The digest, as 64 lower-case hexadecimal digits.

    Raises:
        WeightFileError: if the file is missing or cannot be read.
    """
    with reading(path):
        return sha256_of(path)
