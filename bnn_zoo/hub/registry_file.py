"""A registry's JSON, from wherever it came: read, and refused where it is not what `weights/registry.schema.json` describes."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

from bnn_zoo._caller import warn_caller
from bnn_zoo._error_words import in_one_line
from bnn_zoo.download.addresses import without_secrets
from bnn_zoo.hub import strict_json
from bnn_zoo.hub.errors import WeightFileError
from bnn_zoo.hub.weight_set import CONFIG_VERSION, WeightSet, from_json
from bnn_zoo.models import find_architecture

#: Fields that an entry of a registry must have; those of a configuration file may be missing.
_REQUIRED = ("architecture", "tag", "format", "sources")

#: Neither absolute nor upwards, and nothing that a shell or another system reads as such.
_RELATIVE = r"(?![/~])(?!(?:.*/)?\.\.?(?:/|$))[^\\:\x00-\x1f]+"

#: What a source of a registry may look like; the JSON Schema has the same pattern.
SOURCE = re.compile(rf"https?://[^\s]+|hf://{_RELATIVE}|package:{_RELATIVE}|{_RELATIVE}")


def parse_registry(text: str, where: str, folder: Path | None = None) -> tuple[WeightSet, ...]:
    """The weight sets that a registry's JSON holds.

    Args:
        text: as `weights/registry.schema.json` describes it.
        where: the registry's name, for messages.
        folder: what relative paths among the sources are relative to; None where the registry is no file on this machine, and
            such paths are refused.

    Returns:
        The weight sets. One of a network that this version does not have is left out, with a warning.

    Raises:
        WeightFileError: if it is no JSON, an entry cannot be read, two entries are of one weight set, or a source leads somewhere
            it should not.
    """
    try:
        values = strict_json.loads(text)
    except ValueError as error:
        raise WeightFileError(f"{where}: the registry is no JSON ({in_one_line(error, 200)}).") from error
    keys = {"registry_version", "weight_sets"}
    if not isinstance(values, dict) or set(values) - {"$schema"} != keys or not isinstance(values["weight_sets"], list):
        raise WeightFileError(f'{where}: expected {{"registry_version": 1, "weight_sets": [...]}}.')
    version = values["registry_version"]
    if type(version) is not int or version != 1:
        raise WeightFileError(f"{where}: registry_version is {version!r:.100}, this bnn_zoo reads 1; a newer bnn_zoo may read it.")
    found: dict[Any, WeightSet] = {}
    for position, entry in enumerate(values["weight_sets"]):
        place = f"{where}, weight set {position}"
        weights = _known(_entry(entry, place, folder), place)
        if weights is None:
            continue
        if key(weights) in found:
            raise WeightFileError(f"{place}: {weights.name} comes twice (include_top={weights.include_top}).")
        found[key(weights)] = weights
    return tuple(found.values())


def key(weights: WeightSet) -> tuple[str | None, str | None, bool]:
    """What tells one weight set of a registry from another."""
    return weights.architecture, weights.tag, weights.include_top


def _entry(values: Any, where: str, folder: Path | None) -> WeightSet:
    if not isinstance(values, dict):
        raise WeightFileError(f"{where}: expected a JSON object, found {type(values).__name__}.")
    for name in ("config_version", "keras_config"):
        if name in values:
            raise WeightFileError(f"{where}: the field {name!r} has no place in a registry.")
    weights = from_json({"config_version": CONFIG_VERSION, **values}, where)
    for name in _REQUIRED:
        if not values.get(name):
            raise WeightFileError(f"{where}: the field {name!r} is missing.")
    # The Hub names the hash of each large file itself; nobody else does.
    if weights.sha256 is None and not all(source.startswith("hf://") for source in weights.sources):
        raise WeightFileError(f"{where}: the field 'sha256' is missing; only where all sources are hf:// it may be.")
    return dataclasses.replace(weights, sources=tuple(_source(source, where, folder) for source in weights.sources))


def _source(source: str, where: str, folder: Path | None) -> str:
    if SOURCE.fullmatch(source) is None:
        raise WeightFileError(
            f"{where}: the source {without_secrets(source)!r:.200} is refused; allowed are https://..., "
            "hf://USER/REPO[@REVISION]/PATH, package:FOLDER/FILE, and paths below the registry's folder, without '..'."
        )
    if re.match(r"https?://|hf://|package:", source):
        return source
    if folder is None:
        raise WeightFileError(
            f"{where}: the source {source!r:.200} is a path, which only a registry that is itself a file on this machine may have."
        )
    return str(folder / source)


def _known(weights: WeightSet, where: str) -> WeightSet | None:
    try:
        entry = find_architecture(weights.architecture or "")
    except ValueError as error:
        warn_caller(f"{where} is left out: {error}")
        return None
    return dataclasses.replace(weights, architecture=entry.name)
