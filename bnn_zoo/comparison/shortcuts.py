"""High-precision shortcuts: paths around binary layers on which features keep their values."""

from __future__ import annotations

from dataclasses import dataclass

from bnn_zoo.comparison.layers import Layer

_MERGES = ("Add", "AddToLastChannels", "Average", "Concatenate")


@dataclass(frozen=True)
class Shortcut:
    """A layer in which features that went through binary layers meet features that did not.

    Args:
        merge: name of the layer in which they meet.
        around: names of the binary layers that the shortcut leads around.
    """

    merge: str
    around: frozenset[str]


def find_shortcuts(layers: tuple[Layer, ...]) -> list[Shortcut]:
    """The high-precision shortcuts of a network.

    Counted is every addition or concatenation that has one input which reaches back without a binary layer to a place from which
    another input came through binary layers.

    Args:
        layers: of the network.
    """
    by_name = {layer.name: layer for layer in layers}
    # Going back from a layer's output: everything that is met, and what is met before any binary layer.
    behind: dict[str, frozenset[str]] = {}
    free: dict[str, frozenset[str]] = {}
    found = []
    for layer in layers:
        behind[layer.name] = frozenset({layer.name}).union(*(behind[name] for name in layer.inputs))
        free[layer.name] = frozenset({layer.name}).union(*(() if layer.is_quantized else (free[name] for name in layer.inputs)))
        if layer.kind in _MERGES:
            around: set[str] = set()
            for name in layer.inputs:
                for other in (entry for entry in layer.inputs if entry != name):
                    between = (by_name[entry] for entry in behind[name] - behind[other])
                    around |= {entry.name for entry in between if entry.is_quantized and behind[entry.name] & free[other]}
            if around:
                found.append(Shortcut(layer.name, frozenset(around)))
    return found
