"""Where downloaded weight files lie: one folder, files named by their hash."""

from __future__ import annotations

import os
from pathlib import Path

from bnn_zoo.hub.errors import WeightFileError
from bnn_zoo.hub.tensor_file import file_sha256
from bnn_zoo.hub.weight_set import WeightSet

_ENDINGS = {"packed": ".safetensors", "keras-h5": ".h5"}


def cache_folder() -> Path:
    """The cache: BNN_ZOO_CACHE, or the platform's cache folder."""
    chosen = os.environ.get("BNN_ZOO_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    import pooch  # slow to import

    return Path(pooch.os_cache("bnn_zoo"))


def cached_path(weights: WeightSet) -> Path:
    """Where a weight set's file lies in the cache, or would lie: `<sha256>` and the format's ending.

    Raises:
        WeightFileError: if no hash is recorded, so that the file could not be told from another.
    """
    if not weights.sha256:
        raise WeightFileError(f"{weights.name}: no sha256 is recorded for it, so that it cannot be kept in the cache.")
    return cache_folder() / f"{weights.sha256}{_ENDINGS.get(weights.format, '')}"


def cached_files() -> list[Path]:
    """The files in the cache, those that are half downloaded left out."""
    endings = tuple(_ENDINGS.values())
    folder = cache_folder()
    return sorted(path for path in folder.glob("*") if path.suffix in endings) if folder.is_dir() else []


def verify_cache() -> list[tuple[Path, bool]]:
    """Hashes every file in the cache anew: the file, and whether it is what its name says."""
    return [(path, file_sha256(path) == path.stem) for path in cached_files()]


def clear_cache() -> int:
    """Removes all downloaded files, locks and leftovers from the cache; the bytes that were freed."""
    folder = cache_folder()
    freed = 0
    if not folder.is_dir():
        return freed
    for path in folder.iterdir():
        # Only what this package names: the folder may have been chosen carelessly.
        if path.is_file() and (path.suffix in (*_ENDINGS.values(), ".lock") or path.name.startswith("tmp")):
            freed += path.stat().st_size
            path.unlink()
    return freed
