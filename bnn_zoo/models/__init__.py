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


def find_architecture(name: str) -> Architecture:
    """The architecture of that name; case, underscores and hyphens do not matter.

    Raises:
        ValueError: for an unknown name, with the nearest known ones.
    """
    known = {_plain(entry): entry for entry in architectures()}
    if _plain(name) in known:
        return architectures()[known[_plain(name)]]
    advice = did_you_mean(name, architectures(), f"There are {', '.join(architectures())}.", _plain)
    raise ValueError(f"there is no network named {name!r}. {advice} `bnn-zoo list` shows all.")


def split_name(name: str) -> tuple[str, str | None]:
    """The network's name and the weight set's tag: "birealnet" and "cifar10" of "birealnet.cifar10", None where there is no tag.

    Raises:
        TypeError: if it is no text.
    """
    if not isinstance(name, str):
        raise TypeError(f"{name!r:.60} is no network's name; it must be a text, as in 'birealnet' or 'birealnet.cifar10'.")
    network, separator, tag = name.partition(".")
    return network, tag if separator else None


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


__all__ = ["Architecture", "Paper", "Published", "architectures", "find_architecture", "split_name"]
