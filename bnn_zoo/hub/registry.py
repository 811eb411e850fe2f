"""The weight sets that are known by name: those of the package, and those of further registries laid over them."""

from __future__ import annotations

import functools
import os

from bnn_zoo.hub.checkpoints import checkpoints_of
from bnn_zoo.hub.overlays import overlays
from bnn_zoo.hub.registry_file import key, parse_registry
from bnn_zoo.hub.schemes import needs_download
from bnn_zoo.hub.sources.package import packaged_weights
from bnn_zoo.hub.weight_set import WeightSet


def registered(architecture: str | None = None) -> tuple[WeightSet, ...]:
    """All registered weight sets, or those of one architecture, in the registry's order.

    Those of the registries that BNN_ZOO_REGISTRY names are laid over the package's own, see `bnn_zoo.hub.overlays`.

    Raises:
        WeightFileError: if one of them cannot be had or read.
    """
    everything = _everything(os.environ.get("BNN_ZOO_REGISTRY", ""))
    return tuple(weights for weights in everything if architecture in (None, weights.architecture))


def find_weight_set(architecture: str, tag: str | None = None, include_top: bool = True) -> WeightSet:
    """A registered weight set.

    Args:
        architecture: its name.
        tag: as in `birealnet.cifar10`; None for the default: imagenet where there are such weights, else one that needs no
            download, else the first.
        include_top: False prefers a file without the top, where there is one.

    Raises:
        ValueError: if there is none, naming those there are.
        WeightFileError: if a registry that BNN_ZOO_REGISTRY names cannot be had or read.
    """
    candidates = registered(architecture)
    tags = list(dict.fromkeys(weights.tag for weights in candidates))
    if tag is None:
        at_hand = [weights.tag for weights in candidates if not needs_download(weights)]
        tag = "imagenet" if "imagenet" in tags else next(iter([*at_hand, *tags]), None)
    found = [weights for weights in candidates if weights.tag == tag]
    if not found:
        there = f"there are {', '.join(map(str, tags))}" if tags else "there are none"
        wanted = "no weight sets" if tag is None else f"no weight set {tag!r}"
        by_hand = "".join(
            f" Its authors' checkpoint is for a browser to fetch from {checkpoint.page}; `{checkpoint.command}` makes a folder."
            for checkpoint in checkpoints_of(architecture)[:1]
        )
        raise ValueError(
            f"{architecture} has {wanted}; {there}. A folder, a file or a Hub repository USER/REPO does as well.{by_hand}"
        )
    fitting = [weights for weights in found if weights.include_top == include_top]
    return (fitting or found)[0]


@functools.cache
def _everything(further: str) -> tuple[WeightSet, ...]:
    layers = [_builtin(), *overlays(further)]
    return tuple({key(weights): weights for layer in layers for weights in layer}.values())


@functools.cache
def _builtin() -> tuple[WeightSet, ...]:
    path = packaged_weights() / "registry.json"
    return parse_registry(path.read_text(encoding="utf-8"), str(path))
