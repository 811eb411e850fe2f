"""A file on this machine."""

from __future__ import annotations

from pathlib import Path

from bnn_zoo.hub.errors import WeightFileError
from bnn_zoo.hub.weight_set import WeightSet


def bring(source: str, weights: WeightSet) -> Path:
    """The path itself, if there is a file.

    Raises:
        WeightFileError: if there is none.
    """
    path = Path(source).expanduser()
    if not path.is_file():
        raise WeightFileError(f"{path}: there is no such file.")
    return path
