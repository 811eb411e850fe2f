"""From a record's sources to a file on disk whose hash is right."""

from __future__ import annotations

from pathlib import Path

from bnn_zoo.download.addresses import without_secrets
from bnn_zoo.hub.cache import cached_path
from bnn_zoo.hub.errors import WeightFileError, WeightsError
from bnn_zoo.hub.hashing import file_sha256
from bnn_zoo.hub.schemes import Source, scheme_of, source_of
from bnn_zoo.hub.weight_set import WeightSet


def bring(weights: WeightSet) -> Path:
    """As `bnn_zoo.hub.fetch`, but an error names no other weight sets: registries, which name them, are brought by this too.

    Raises:
        WeightsError: if no source has it; the message says what was tried, and where the file may be put by hand.
    """
    tried = []
    for source in weights.sources:
        try:
            return _brought(source_of(source), source, weights)
        except (WeightsError, OSError) as error:  # the system's: a name that is too long, a folder that may not be read
            tried.append(f"  {without_secrets(f'{source}: {error}')}")
    if not tried:
        tried.append("  nothing: no source is recorded for it.")
    if weights.sha256 and any(scheme_of(source) in ("http", "https") for source in weights.sources):
        tried.append(f"A file that was fetched by other means may be put at {cached_path(weights)}")
    raise WeightFileError("\n".join([f"{weights.name} could not be had. Tried:", *tried]))


def _brought(place: Source, source: str, weights: WeightSet) -> Path:
    if weights.sha256 is None:
        return place.bring(source, weights, False)
    found = place.cached(source, weights)
    if found is not None and _is_right(found, weights):
        return found
    # Twice, because a source that keeps copies may just have kept a damaged one.
    for anew in (False, True) if found is None else (True,):
        found = place.bring(source, weights, anew)
        if _is_right(found, weights):
            return found
    raise WeightFileError(
        f"{found} does not have the recorded sha256 {weights.sha256[:16]}...; it is damaged or another file: "
        "remove it, and fetch or save it again."
    )


def _is_right(path: Path, weights: WeightSet) -> bool:
    if weights.bytes is not None and path.stat().st_size != weights.bytes:
        return False
    return file_sha256(path) == weights.sha256
