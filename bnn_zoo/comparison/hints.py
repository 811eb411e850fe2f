"""What the guide to building BNNs would say to a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bnn_zoo.comparison.layers import ELEMENTWISE, NORMS, VIEWS, Layer, consumers_of
from bnn_zoo.comparison.numbers import extents
from bnn_zoo.comparison.shortcuts import find_shortcuts

_GUIDE = "https://docs.larq.dev/larq/guides/bnn-architecture/"

#: Layers through which features go without being weighed anew.
_PASSING = (
    *(*VIEWS, *ELEMENTWISE, "Concatenate", "ChannelGroup", "ChannelShuffle", "ZeroPadding2D"),
    *("MaxPooling2D", "SymmetricMaxPooling2D", "AveragePooling2D", "GlobalAveragePooling2D", "GlobalMaxPooling2D"),
)

_MAX_POOLS = ("MaxPooling2D", "SymmetricMaxPooling2D", "GlobalMaxPooling2D")


@dataclass(frozen=True)
class Rule:
    """A piece of advice.

    Args:
        name: for code.
        advice: in a few words.
        reason: why.
        read_on: where more is said of it.
    """

    name: str
    advice: str
    reason: str
    read_on: str


@dataclass(frozen=True)
class Hint:
    """A place where a network does not follow a piece of advice; there may be good reasons.

    Args:
        rule: the advice.
        layer: name of the layer.
        found: what is there, in words.
    """

    rule: Rule
    layer: str
    found: str


FIRST_LAYER = Rule(
    "first_layer",
    "keep the first layer in full precision",
    "It has few weights and operations, and what it loses of the pixels no later layer can bring back.",
    f"{_GUIDE}#first-last-layer",
)
LAST_LAYER = Rule(
    "last_layer",
    "keep the last layer in full precision",
    "It has few operations, and its outputs are the class scores, which binarization makes coarse.",
    f"{_GUIDE}#first-last-layer",
)
BATCH_NORM = Rule(
    "batch_norm",
    "put batch norm next to every binary layer",
    "A binary layer gives integers of a wide range; without batch norm most of them fall on one side of zero, or out of "
    "the window in which the pseudo-gradient passes.",
    f"{_GUIDE}#batch-normalization",
)
POOLING = Rule(
    "pooling",
    "pool before batch norm, not behind it",
    "The maximum of several normalized values is mostly above zero, so that the next layer binarizes nearly all of them to +1.",
    f"{_GUIDE}#pooling",
)
SHORTCUT = Rule(
    "shortcut",
    "lead a pointwise high-precision shortcut around a change of dimensions",
    "Without it the features of all earlier layers pass through one bit a value at this place.",
    f"{_GUIDE}#high-precision-shortcuts",
)
BIAS = Rule(
    "bias",
    "leave the bias of a binary layer out",
    "Batch norm behind it subtracts the mean, and the bias with it; what is left is a parameter and an addition that do nothing.",
    f"{_GUIDE}#batch-normalization",
)


def find_hints(layers: tuple[Layer, ...]) -> tuple[Hint, ...]:
    """Where a network does not follow the guide, in the order of its layers.

    Args:
        layers: of the network.
    """
    order = {layer.name: place for place, layer in enumerate(layers)}
    found = [hint for check in _CHECKS for hint in check(layers)]
    return tuple(sorted(found, key=lambda hint: order[hint.layer]))


def _ends(layers: tuple[Layer, ...]) -> Iterator[Hint]:
    computing = [layer for layer in layers if layer.computes]
    if not computing or not any(layer.is_quantized for layer in layers):
        return
    for layer, rule, place in ((computing[0], FIRST_LAYER, "first"), (computing[-1], LAST_LAYER, "last")):
        if (layer.kernel_bits or 32) < 32:
            what = "inputs and kernel are quantized" if layer.is_quantized else "the kernel is quantized, its inputs are not"
            yield Hint(rule, layer.name, f"the {place} layer: {what}")


def _batch_norm(layers: tuple[Layer, ...]) -> Iterator[Hint]:
    by_name, takers = {layer.name: layer for layer in layers}, consumers_of(layers)
    for layer in layers:
        if not layer.is_quantized:
            continue
        if _reaches(layer, takers, lambda taker: taker.is_quantized):
            yield Hint(BATCH_NORM, layer.name, "its integers are binarized again without batch norm between")
        elif not _reaches(layer, takers, lambda taker: taker.kind in NORMS) and _back(layer, by_name).kind not in NORMS:
            yield Hint(BATCH_NORM, layer.name, "no batch norm behind it, nor in front of it")


def _reaches(layer: Layer, takers: dict[str, list[Layer]], goal: Callable[[Layer], bool]) -> bool:
    """Whether features come to such a layer without being weighed or normalized on the way."""
    seen, ahead = {layer.name}, [layer]
    while ahead:
        for taker in takers[ahead.pop().name]:
            if goal(taker):
                return True
            if taker.kind in _PASSING and taker.name not in seen:
                seen.add(taker.name)
                ahead.append(taker)
    return False


def _pooling(layers: tuple[Layer, ...]) -> Iterator[Hint]:
    by_name = {layer.name: layer for layer in layers}
    takers = consumers_of(layers)
    for layer in layers:
        norm = _back(layer, by_name) if layer.kind in _MAX_POOLS else None
        if norm is None or norm.kind not in NORMS or not _back(norm, by_name).is_quantized:
            continue
        if _reaches(layer, takers, lambda taker: taker.is_quantized):
            yield Hint(POOLING, layer.name, f"a max-pool behind batch norm ({norm.name}), and its output is binarized")


def _back(layer: Layer, by_name: dict[str, Layer]) -> Layer:
    """The layer whose output comes to this one, activations and changes of shape left aside."""
    here = by_name[layer.inputs[0]] if layer.inputs else layer
    while here.kind in _PASSING and len(here.inputs) == 1 and here.kind not in _MAX_POOLS:
        here = by_name[here.inputs[0]]
    return here


def _changes(layers: tuple[Layer, ...]) -> Iterator[Hint]:
    by_name = {layer.name: layer for layer in layers}
    bypassed = frozenset().union(*(shortcut.around for shortcut in find_shortcuts(layers)))
    for layer in layers:
        if not (layer.is_quantized and layer.is_map) or layer.name in bypassed:
            continue
        before, after = by_name[layer.inputs[0]].output_shape, layer.output_shape
        if before != after and before[:2] != (1, 1):
            yield Hint(SHORTCUT, layer.name, f"{extents(before)} becomes {extents(after)} with no shortcut around it")


def _bias(layers: tuple[Layer, ...]) -> Iterator[Hint]:
    takers = consumers_of(layers)
    for layer in layers:
        if layer.is_quantized and layer.has_bias and _reaches(layer, takers, lambda taker: taker.kind in NORMS):
            yield Hint(BIAS, layer.name, "a binary layer with a bias")


_CHECKS: tuple[Callable[[tuple[Layer, ...]], Iterator[Hint]], ...] = (_ends, _batch_norm, _pooling, _changes, _bias)
