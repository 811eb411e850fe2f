"""From a record to a file on disk whose hash is right."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from bnn_zoo.hub.errors import WeightFileError, WeightsError
from bnn_zoo.hub.tensor_file import file_sha256
from bnn_zoo.hub.weight_set import WeightSet

#: What brings a file, by the scheme of its source. A new scheme is one new file in `sources` and one line here.
_SOURCES = {
    "": "local",
    "package": "package",
    "https": "https",
    "http": "https",
    "hf": "hugging_face",
}


def fetch(weights: WeightSet) -> Path:
    """Brings a weight set's file to disk, from the first of its sources that has it.

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
            path = _source(source)(source, weights)
            _verify(path, weights)
            return path
        except WeightsError as error:
            tried.append(f"  {source}: {error}")
    raise WeightFileError("\n".join([f"{weights.name} could not be had. Tried:", *tried, *_advice(weights)]))


def needs_download(weights: WeightSet) -> bool:
    """Whether all sources of a weight set lie on other machines."""
    return not any(_scheme(source) in ("", "package") for source in weights.sources)


def _scheme(source: str) -> str:
    scheme, separator, _ = source.partition(":")
    # One letter is a Windows drive.
    return scheme if separator and len(scheme) > 1 else ""


def _source(source: str) -> Callable[[str, WeightSet], Path]:
    scheme = _scheme(source)
    if scheme not in _SOURCES:
        known = ", ".join(f"{name}:" for name in _SOURCES if name)
        raise WeightFileError(f"the scheme {scheme!r} is not known; there are {known} and paths.")
    return import_module(f"bnn_zoo.hub.sources.{_SOURCES[scheme]}").bring


def _verify(path: Path, weights: WeightSet) -> None:
    if weights.sha256 is None:
        return
    found = file_sha256(path)
    if found != weights.sha256:
        raise WeightFileError(
            f"{path} has the sha256 {found[:16]}..., recorded is {weights.sha256[:16]}...; it is damaged or another file: remove it "
            "and fetch or save it again."
        )


def _advice(weights: WeightSet) -> list[str]:
    from bnn_zoo.hub.cache import cached_path
    from bnn_zoo.hub.registry import registered

    lines = []
    if weights.sha256 and needs_download(weights):
        lines.append(f"A file that was fetched by other means may be put at {cached_path(weights)}")
    at_hand = [other.name for other in registered(weights.architecture) if not needs_download(other)]
    if at_hand and weights.name not in at_hand:
        lines.append(f"Without a download there is: {', '.join(at_hand)}")
    return lines
