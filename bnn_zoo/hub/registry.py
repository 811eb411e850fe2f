"""The weight sets that are known by name."""

from __future__ import annotations

import functools
import json

from bnn_zoo.hub.errors import WeightFileError
from bnn_zoo.hub.sources.package import packaged_weights
from bnn_zoo.hub.tensor_file import unique_keys
from bnn_zoo.hub.weight_set import CONFIG_VERSION, WeightSet, from_json


def registered(architecture: str | None = None) -> tuple[WeightSet, ...]:
    """All registered weight sets, or those of one architecture, in the registry's order."""
    everything = _builtin()
    return tuple(weights for weights in everything if architecture in (None, weights.architecture))


def find_weight_set(architecture: str, tag: str | None = None, include_top: bool = True) -> WeightSet:
    """A registered weight set.

    Args:
        architecture: its name.
        tag: as in `birealnet.cifar10`; None for the default: imagenet where there are such weights, else the first.
        include_top: False prefers a file without the top, where there is one.

    Raises:
        ValueError: if there is none, naming those there are.
    """
    candidates = registered(architecture)
    tags = list(dict.fromkeys(weights.tag for weights in candidates))
    if tag is None:
        tag = "imagenet" if "imagenet" in tags else (tags[0] if tags else None)
    found = [weights for weights in candidates if weights.tag == tag]
    if not found:
        there = f"there are {', '.join(map(str, tags))}" if tags else "there are none"
        raise ValueError(
            f"{architecture} has no weight set {tag!r}; {there}. A folder, a file or a Hub repository USER/REPO does as well."
        )
    fitting = [weights for weights in found if weights.include_top == include_top]
    return (fitting or found)[0]


@functools.cache
def _builtin() -> tuple[WeightSet, ...]:
    path = packaged_weights() / "registry.json"
    return parse_registry(path.read_text(encoding="utf-8"), str(path))


def parse_registry(text: str, where: str) -> tuple[WeightSet, ...]:
    """The weight sets that a registry's JSON holds.

    Raises:
        WeightFileError: if it is no JSON, or an entry cannot be read.
    """
    try:
        values = json.loads(text, object_pairs_hook=unique_keys)
    except (ValueError, RecursionError) as error:
        raise WeightFileError(f"{where}: the registry is no JSON ({str(error)[:200]}).") from error
    if not isinstance(values, dict) or values.get("registry_version") != 1 or set(values) != {"registry_version", "weight_sets"}:
        raise WeightFileError(f'{where}: expected {{"registry_version": 1, "weight_sets": [...]}}.')
    if not isinstance(values["weight_sets"], list):
        raise WeightFileError(f"{where}: weight_sets must be a list.")
    entries = []
    for position, entry in enumerate(values["weight_sets"]):
        if isinstance(entry, dict):
            entry = {"config_version": CONFIG_VERSION, **entry}
        entries.append(from_json(entry, f"{where}, weight set {position}"))
    return tuple(entries)
