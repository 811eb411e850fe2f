"""`package:FOLDER/FILE`: weights that come with the package."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from bnn_zoo.hub.errors import WeightFileError
from bnn_zoo.hub.weight_set import WeightSet


def packaged_weights() -> Path:
    """The folder of packaged weights: inside an installed package, beside it in a checkout."""
    package = Path(__file__).parents[2]
    inside = package / "weights"
    return inside if inside.is_dir() else package.parent / "weights"


def cached(source: str, weights: WeightSet) -> Path | None:
    """The file in the package, if it is there.

    Raises:
        WeightFileError: if the path leads out of the folder of packaged weights.
    """
    path = _path(source)
    return path if path.is_file() else None


def bring(source: str, weights: WeightSet, anew: bool) -> Path:
    """The file in the package.

    Raises:
        WeightFileError: if there is none, or the path leads out of the folder of packaged weights.
    """
    path = cached(source, weights)
    if path is None:
        raise WeightFileError(f"{_path(source)}: there is no such file; the installation is not complete: install bnn_zoo again.")
    return path


def _path(source: str) -> Path:
    relative = PurePosixPath(source.removeprefix("package:"))
    if relative.is_absolute() or ".." in relative.parts or "\\" in str(relative):
        raise WeightFileError(f"{source}: a path inside the package is expected.")
    return packaged_weights() / relative
