"""The reference networks, one file a paper: bare architectures, without weights.

Importing this room costs no TensorFlow. `architectures()` gives all of them by name, `find_architecture` one of them.
"""

from __future__ import annotations

import functools
import importlib

from bnn_zoo._did_you_mean import did_you_mean
from bnn_zoo.models.architecture import Architecture, Paper, Published

#: The files of this room that declare architectures, in the order in which they are listed.
_FILES = (
    "binarynet",
    "binary_alexnet",
    "xnornet",
    "dorefanet",
    "birealnet",
    "birealnet50",
    "binary_resnet_e",
    "binary_densenet",
    "group_net",
    "meliusnet",
    "reactnet",
    "real_to_binary",
    "quicknet",
    "bnext",
    "ab_reactnet",
)


@functools.cache
def architectures() -> dict[str, Architecture]:
    """All architectures by name, oldest paper first."""
    found = {}
    for file in _FILES:
        module = importlib.import_module(f"bnn_zoo.models.{file}")
        for value in vars(module).values():
            if isinstance(value, Architecture):
                found[value.name] = value
    return found


def find_architecture(name: str, nor: str = "") -> Architecture:
    """The architecture of that name; case, underscores and hyphens do not matter.

    Args:
        name: of the network.
        nor: what else was looked for in vain, for the error, such as " and no such folder".

    Raises:
        ValueError: for an unknown name, with the nearest known ones.
    """
    known = {plain_name(entry): entry for entry in architectures()}
    if plain_name(name) in known:
        return architectures()[known[plain_name(name)]]
    advice = did_you_mean(name, architectures(), "`bnn-zoo list` (Python: bnn_zoo.list_models()) shows all.", plain_name)
    raise ValueError(f"there is no network named {name!r:.60}{nor}. {advice}")


def split_name(name: str) -> tuple[str, str | None]:
    """The network's name and the weight set's tag: "birealnet" and "cifar10" of "birealnet.cifar10", None where there is no tag.

    Raises:
        TypeError: if it is no text.
    """
    if not isinstance(name, str):
        raise TypeError(f"{name!r:.60} is no network's name; it must be a text, as in 'birealnet' or 'birealnet.cifar10'.")
    network, separator, tag = name.partition(".")
    return network, tag if separator else None


def plain_name(name: str) -> str:
    """A network's name without what does not matter in it."""
    return name.lower().replace("_", "").replace("-", "")


__all__ = ["Architecture", "Paper", "Published", "architectures", "find_architecture", "plain_name", "split_name"]
