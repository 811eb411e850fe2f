"""From a record to a file on disk whose hash is right."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from bnn_zoo.hub.errors import WeightFileError, WeightsError
from bnn_zoo.hub.hashing import file_sha256
from bnn_zoo.hub.weight_set import WeightSet

#: What brings a file, by the scheme of its source. A new scheme is one new file in `sources` and one line here.
_SOURCES = {
    "": "local",
    "package": "package",
    "https": "https",
    "http": "https",
    "hf": "hugging_face",
}


class Source(Protocol):
    """What a file in `sources` offers. Neither function hashes anything: `fetch` does, once, in one place."""

    def cached(self, source: str, weights: WeightSet) -> Path | None:
        """The file on this machine, if it is there; asks no other machine."""

    def bring(self, source: str, weights: WeightSet, anew: bool) -> Path:
        """The file, downloaded if need be; `anew` if the copy on this machine was found damaged.

        Raises:
            WeightFileError: saying what went wrong.
        """


def fetch(weights: WeightSet) -> Path:
    """Brings a weight set's file to disk, from the first of its sources that has it.

    A file that is on this machine already is hashed and used; no other machine is asked.

    Args:
        weights: the record; its sources are tried in order.

    Returns:
        The path of a file whose sha256 is the recorded one.

    Raises:
        WeightsError: if no source has it; the message says what was tried, where the file may be put by hand, and which weight
            sets of this architecture need no download.
    """
    tried = []
    for source in weights.sources:
        try:
            return _brought(source_of(source), source, weights)
        except WeightsError as error:
            tried.append(f"  {source}: {error}")
    if not tried:
        tried.append("  nothing: no source is recorded for it.")
    raise WeightFileError("\n".join([f"{weights.name} could not be had. Tried:", *tried, *_advice(weights)]))


def needs_download(weights: WeightSet) -> bool:
    """Whether all sources of a weight set lie on other machines."""
    return not any(_scheme(source) in ("", "package") for source in weights.sources)


def source_of(source: str) -> Source:
    """What brings files from a source of this scheme.

    Raises:
        WeightFileError: for an unknown scheme.
    """
    scheme = _scheme(source)
    if scheme not in _SOURCES:
        known = ", ".join(f"{name}:" for name in _SOURCES if name)
        raise WeightFileError(f"the scheme {scheme!r} is not known; there are {known} and paths.")
    return cast(Source, import_module(f"bnn_zoo.hub.sources.{_SOURCES[scheme]}"))


def _scheme(source: str) -> str:
    # One letter is a Windows drive.
    found = re.match(r"([a-z][a-z0-9+.-]+):", source, re.IGNORECASE)
    return found[1].lower() if found else ""


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


def _advice(weights: WeightSet) -> list[str]:
    from bnn_zoo.hub.cache import cached_path
    from bnn_zoo.hub.registry import registered

    lines = []
    if weights.sha256 and any(_scheme(source) in ("http", "https") for source in weights.sources):
        lines.append(f"A file that was fetched by other means may be put at {cached_path(weights)}")
    if weights.architecture is None:
        return lines
    at_hand = [other.name for other in registered(weights.architecture) if not needs_download(other)]
    if at_hand and weights.name not in at_hand:
        lines.append(f"Without a download there is: {', '.join(at_hand)}")
    elif needs_download(weights):
        lines.append(f"There are no weights of {weights.architecture} that need no download.")
    return lines
