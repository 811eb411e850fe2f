"""The SHA-256 of a file: what a file on disk is known by."""

from __future__ import annotations

import hashlib
import os

from bnn_zoo.hub.reading import reading


def file_sha256(path: str | os.PathLike[str]) -> str:
    """Computes a file's SHA-256 without holding the file in memory.

    Args:
        path: the file to read.

    Returns:
        The digest, as 64 lower-case hexadecimal digits.

    Raises:
        WeightFileError: if the file is missing or cannot be read.
    """
    digest = hashlib.sha256()
    block = memoryview(bytearray(2**20))
    with reading(path), open(path, "rb", buffering=0) as file:
        while count := file.readinto(block):
            digest.update(block[:count])
    return digest.hexdigest()
