"""Registries that are laid over the package's own, as the environment variable BNN_ZOO_REGISTRY names them.

The variable holds places, separated as in PATH (`os.pathsep`: a colon, on Windows a semicolon); the colons that belong to a URL
separate nothing. A place is

    zoo/registry.json                           a file on this machine; the sources in it may be paths relative to its folder
    https://zoo.example/registry.json#sha256=HEX   a file that has this hash (64 hexadecimal digits); kept in the cache
    hf://user/repo[@revision]/registry.json     a file in a repository on the Hugging Face Hub

Of two weight sets with the same architecture, tag and top, the one in the later registry counts; others add up.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from bnn_zoo._error_words import in_one_line
from bnn_zoo._user_path import user_path
from bnn_zoo.download.addresses import without_secrets
from bnn_zoo.hub.bring import bring
from bnn_zoo.hub.errors import WeightFileError, WeightsError
from bnn_zoo.hub.registry_file import parse_registry
from bnn_zoo.hub.small_file import read_small_text
from bnn_zoo.hub.weight_set import WeightSet

_VARIABLE = "BNN_ZOO_REGISTRY"
_URL = re.compile(r"(?P<url>https?://[^\s#]+)#sha256=(?P<sha256>[0-9a-fA-F]{64})")


def overlays(places: str) -> tuple[tuple[WeightSet, ...], ...]:
    """The weight sets of each registry that is named, in order.

    Args:
        places: as BNN_ZOO_REGISTRY has them.

    Raises:
        WeightFileError: naming the variable and the registry that cannot be had or read.
    """
    found = []
    for place in split_places(places):
        try:
            found.append(_read(place))
        except WeightsError as error:
            raise WeightFileError(f"{_VARIABLE} names a registry that cannot be used. {error}") from error
    return tuple(found)


def split_places(places: str, separator: str = os.pathsep) -> list[str]:
    """The places that a path list names, URLs among them left whole.

    Args:
        places: as BNN_ZOO_REGISTRY has them; empty entries are skipped.
        separator: what stands between two of them.

    Raises:
        WeightFileError: for a URL without a hash.
    """
    found = []
    rest = places
    while rest:
        end = _end_of_first(rest, separator)
        if rest[:end].strip():
            found.append(rest[:end].strip())
        rest = rest[end + 1 :]
    return found


def _end_of_first(places: str, separator: str) -> int:
    """Where the first place of a list ends; a URL may hold the separator (its scheme, a port)."""
    if re.match(r"https?://", places):
        url = _URL.match(places)
        if url is None or places[url.end() : url.end() + 1] not in ("", separator):
            raise WeightFileError(
                f"{_VARIABLE} has {without_secrets(places.split()[0])!r:.200}; a registry at a URL needs its hash, "
                "as in https://zoo.example/registry.json#sha256=HEX (64 hexadecimal digits)."
            )
        return url.end()
    start = len("hf:") if places.startswith("hf://") else 0
    end = places.find(separator, start)
    return len(places) if end < 0 else end


def _read(place: str) -> tuple[WeightSet, ...]:
    if place.startswith("hf://"):
        return parse_registry(_text(_brought(place)), place)
    url = _URL.fullmatch(place)
    if url is not None:
        return parse_registry(_text(_brought(url["url"], url["sha256"].lower())), without_secrets(url["url"]))
    path = user_path(place)
    return parse_registry(_text(path), str(path), path.absolute().parent)


def _brought(source: str, sha256: str | None = None) -> Path:
    # A registry is fetched as weights are: kept in a cache, and held against its hash where one is known.
    return bring(WeightSet(None, tag="registry", format="registry", sources=(source,), sha256=sha256))


def _text(path: Path) -> str:
    try:
        return read_small_text(path)
    except FileNotFoundError as error:
        raise WeightFileError(f"{path}: there is no such file.") from error
    except (OSError, ValueError) as error:
        raise WeightFileError(f"{path}: cannot be read ({in_one_line(error, 200)}).") from error
