"""A file on this machine."""

from __future__ import annotations

from pathlib import Path

from bnn_zoo.hub.errors import WeightFileError
from bnn_zoo.hub.weight_set import WeightSet


def cached(source: str, weights: WeightSet) -> Path | None:
    """The path itself, if there is a file."""
    path = Path(source)
    return path if path.is_file() else None


def bring(source: str, weights: WeightSet, anew: bool) -> Path:
    """The path itself.

    Raises:
        WeightFileError: if there is no file.
    """
    path = cached(source, weights)
    if path is None:
        raise WeightFileError(f"{source}: there is no such file.")
    return path
