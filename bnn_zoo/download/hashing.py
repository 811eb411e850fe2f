"""The SHA-256 of a file: what a file on disk is known by."""

from __future__ import annotations

import hashlib
import os


def sha256_of(path: str | os.PathLike[str]) -> str:
    """Computes a file's SHA-256 without holding the file in memory.

    Returns:
        The digest, as 64 lower-case hexadecimal digits.

    Raises:
        OSError: if the file is missing or cannot be read.
    """
    digest = hashlib.sha256()
    block = memoryview(bytearray(2**20))
    with open(path, "rb", buffering=0) as file:
        while count := file.readinto(block):
            digest.update(block[:count])
    return digest.hexdigest()


def is_whole(path: str | os.PathLike[str], sha256: str, size: int | None = None) -> bool:
    """Whether a file is there and is the one that is meant.

    Args:
        path: the file.
        sha256: the hash that it has to have.
        size: the bytes that it has to have; a wrong number spares the hashing.
    """
    try:
        return size in (None, os.path.getsize(path)) and sha256_of(path) == sha256
    except OSError:
        return False
