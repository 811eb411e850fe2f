"""Descriptions, such as configurations and registries: texts that are small, whatever somebody put in their place."""

from __future__ import annotations

from pathlib import Path

from bnn_zoo.hub.reading import is_ordinary

#: Bytes of the largest; that of a network of thousands of layers has one or two million.
LARGEST = 16 * 2**20


def read_small_text(path: Path) -> str:
    """What a small text file holds.

    Args:
        path: of the file, which is in UTF-8.

    Raises:
        OSError: if it is not there, or cannot be read.
        ValueError: if it is no file but a folder, a pipe or a device, is larger than 16 MiB, or is no UTF-8.
    """
    if not is_ordinary(path):
        raise ValueError("it is a folder, a pipe or a device")
    with open(path, "rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError(f"it has more than {LARGEST} bytes")
    return content.decode("utf-8")
