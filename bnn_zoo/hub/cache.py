"""Where downloaded weight files lie: one folder, files named by their hash.

Files of the Hugging Face Hub lie in huggingface_hub's own cache.
"""

from __future__ import annotations

from pathlib import Path

from bnn_zoo.download.folders import cache_folder, clear_leftovers, remove, remove_abandoned
from bnn_zoo.hub.errors import WeightFileError, WeightsError
from bnn_zoo.hub.formats import ENDINGS
from bnn_zoo.hub.hashing import file_sha256
from bnn_zoo.hub.schemes import source_of
from bnn_zoo.hub.weight_set import SHA256, WeightSet

_ENDINGS = {name: endings[0] for name, endings in ENDINGS.items()} | {"registry": ".json"}


def cached_path(weights: WeightSet) -> Path:
    """Where a weight set's file lies in the cache, or would lie: `<sha256>` and the format's ending.

    Raises:
        WeightFileError: if no hash is recorded, so that the file could not be told from another.
    """
    if not weights.sha256:
        raise WeightFileError(f"{weights.name}: no sha256 is recorded for it, so that it cannot be kept in the cache.")
    return cache_folder() / f"{weights.sha256}{_ENDINGS.get(weights.format, '')}"


def is_cached(weights: WeightSet) -> bool:
    """Whether a weight set's file is on this machine: a path, in the package, in this cache or in huggingface_hub's.

    The file is not hashed; `fetch` does that.
    """
    for source in weights.sources:
        try:
            if source_of(source).cached(source, weights) is not None:
                return True
        except (WeightsError, OSError):
            continue
    return False


def cached_files() -> list[Path]:
    """The files in the cache, those that are half downloaded left out."""
    folder = cache_folder()
    # Only what this package names: the folder may have been chosen carelessly.
    return sorted(path for path in folder.iterdir() if _is_ours(path)) if folder.is_dir() else []


def verify_cache() -> list[tuple[Path, bool]]:
    """Hashes every file in the cache anew: the file, and whether it is what its name says."""
    return [(path, _is_sound(path)) for path in cached_files()]


def _is_sound(path: Path) -> bool:
    try:
        return file_sha256(path) == path.stem
    except WeightFileError:
        return False


def clear_cache() -> int:
    """Removes all downloaded weight files and leftovers from the cache; the bytes that were freed.

    Downloads that run meanwhile keep their half downloaded files.
    """
    return remove(cached_files()) + remove_abandoned(_parts()) + clear_leftovers()


def _parts() -> list[Path]:
    """What is kept of downloads that failed, for the next one to go on from: `<file>.part`, and which version it is of."""
    folder = cache_folder()
    return [path for path in folder.iterdir() if _is_part(path.name)] if folder.is_dir() else []


def _is_part(name: str) -> bool:
    whole, part, version = name.partition(".part")
    return bool(part) and version in ("", ".version") and _is_name(Path(whole))


def _is_ours(path: Path) -> bool:
    return _is_name(path) and path.is_file()


def _is_name(path: Path) -> bool:
    return path.suffix in _ENDINGS.values() and SHA256.fullmatch(path.stem) is not None
