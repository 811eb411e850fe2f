"""What a source of a weight set's file begins with, and what brings files from such sources."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from bnn_zoo.hub.errors import WeightFileError
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
    """What a file in `sources` offers. Neither function hashes anything: `bring` does, once, in one place."""

    def cached(self, source: str, weights: WeightSet) -> Path | None:
        """The file on this machine, if it is there; asks no other machine."""

    def bring(self, source: str, weights: WeightSet, anew: bool) -> Path:
        """The file, downloaded if need be; `anew` if the copy on this machine was found damaged.

        Raises:
            WeightFileError: saying what went wrong.
        """


def needs_download(weights: WeightSet) -> bool:
    """Whether all sources of a weight set lie on other machines."""
    return not any(scheme_of(source) in ("", "package") for source in weights.sources)


def source_of(source: str) -> Source:
    """What brings files from a source of this scheme.

    Raises:
        WeightFileError: for an unknown scheme.
    """
    scheme = scheme_of(source)
    if scheme not in _SOURCES:
        known = ", ".join(f"{name}:" for name in _SOURCES if name)
        raise WeightFileError(f"the scheme {scheme!r} is not known; there are {known} and paths.")
    return cast(Source, import_module(f"bnn_zoo.hub.sources.{_SOURCES[scheme]}"))


def scheme_of(source: str) -> str:
    """The scheme of a source in lower case; empty for a path."""
    # One letter is a Windows drive.
    found = re.match(r"([a-z][a-z0-9+.-]+):", source, re.IGNORECASE)
    return found[1].lower() if found else ""
