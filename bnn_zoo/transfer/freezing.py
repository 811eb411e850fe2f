"""Layers that stay as they are while the rest is trained."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, TypeAlias

from bnn_zoo._did_you_mean import did_you_mean
from bnn_zoo._keras import keras
from bnn_zoo.blocks.blurred import is_blur
from bnn_zoo.hub.variables import leaf_layers

#: Where a network is cut in two: the name of a layer or a block, a number of layers, or a share of the layers with weights.
Cut: TypeAlias = str | int | float


@dataclass(frozen=True)
class Frozen:
    """What stays as it is, and what is trained.

    Args:
        frozen: names of the layers with weights that stay as they are, in the order of the network.
        trained: names of those that are trained.
        frozen_parameters: that the optimizer does not see; moving averages are among them.
        trained_parameters: that it changes.
    """

    frozen: tuple[str, ...]
    trained: tuple[str, ...]
    frozen_parameters: int
    trained_parameters: int

    def __str__(self) -> str:
        total = len(self.frozen) + len(self.trained)
        return (
            f"frozen: {len(self.frozen)} of {total} layers with weights{_ends(self.frozen)}\n"
            f"trained: {len(self.trained)}{_ends(self.trained)}; {self.trained_parameters:,} of "
            f"{self.trained_parameters + self.frozen_parameters:,} parameters\n"
            "It holds from the next model.compile(...) on."
        )


def freeze(model: keras.Model, until: Cut = "head") -> Frozen:
    """Freezes all layers before a place in the network; from there on they are trained, whatever froze them before.

    Only what is fixed by design, QuickNet's blur, stays fixed. Frozen batch norm runs in inference mode in `fit` too: its moving
    averages stay. Keras takes notice when the model is compiled.

    Args:
        model: the network; layers of models inside it count one by one.
        until: the first layer that is trained, in the order of `model.summary()`: its name; the name of a block, as in "section_2",
            "section_3_block_1" or "head"; either of a model inside it as "birealnet/section_2", or without the model's name where
            only one has such a layer; a whole number n for the first n layers, counted from the end if negative; or a share
            from 0.0 to 1.0 of the layers with weights.

    Returns:
        What is frozen and what is not; print it.

    Raises:
        TypeError: if `model` is no keras.Model, or `until` nothing of the above.
        ValueError: if there is no such layer, or the number is out of range.
    """
    layers = layers_in_order(model)
    cut = place_of(layers, until)
    train_all(model)
    for _, layer in layers[:cut]:
        layer.trainable = False
    return _state(layers)


def unfreeze(model: keras.Model) -> Frozen:
    """Makes all layers trainable, whatever froze them; what is fixed by design, QuickNet's blur, stays fixed.

    Args:
        model: the network.

    Returns:
        What is frozen and what is not; print it.
    """
    return freeze(model, until=0)


def train_all(model: keras.Model) -> None:
    """Makes the model trainable, models inside it too, and all of their layers but those that are fixed by design."""
    model.trainable = True  # Keras passes it on to all that is inside
    for layer in model.submodules:
        if is_blur(layer):
            layer.trainable = False


def layers_in_order(model: keras.Model) -> list[tuple[str, Any]]:
    """All layers with their names, those of models inside the model as `model/layer`.

    Raises:
        TypeError: if `model` is no keras.Model.
    """
    if not isinstance(model, keras.Model):
        raise TypeError(f"model is a {type(model).__name__}; expected a keras.Model of Keras 2 (bnn_zoo's, or tf_keras').")
    return list(leaf_layers(model))


def place_of(layers: Sequence[tuple[str, Any]], until: Cut) -> int:
    """How many layers lie before a place; see `freeze`."""
    if isinstance(until, str):
        return _named(layers, until)
    if isinstance(until, bool) or not isinstance(until, Real):
        raise TypeError(
            f"until is {until!r}; it must be a layer's or block's name, a whole number of layers, or a share (0.0 to 1.0)."
        )
    if isinstance(until, Integral):
        until = int(until)
        if not -len(layers) <= until <= len(layers):
            raise ValueError(
                f"until is {until}, but there are {len(layers)} layers; a share of them is given as a float, as in 0.5."
            )
        return until if until >= 0 else len(layers) + until
    if not 0.0 <= until <= 1.0:
        raise ValueError(f"until is {until}; a share must be from 0.0 to 1.0, a number of layers is given as an int.")
    with_weights = [index for index, (_, layer) in enumerate(layers) if layer.weights]
    return [*with_weights, len(layers)][int(until * len(with_weights))]


def _named(layers: Sequence[tuple[str, Any]], name: str) -> int:
    names = [path for path, _ in layers]
    if name in names:
        return names.index(name)
    for index, path in enumerate(names):
        if path.startswith((f"{name}_", f"{name}/")):
            return index
    inside = _inside(names, name)
    if len(inside) == 1:
        return next(iter(inside.values()))
    if inside:
        raise ValueError(f"until is {name!r}, but several models inside have such a layer; take one of {', '.join(inside)}.")
    advice = did_you_mean(name, names, f"The last layers are {', '.join(names[-5:])}.")
    raise ValueError(f"until is {name!r}, but no layer has that name, and no block. {advice} model.summary() shows all.")


def _inside(names: Sequence[str], name: str) -> dict[str, int]:
    """Where in each of the models inside a layer of that name is, or if there is none where a block begins; by path."""
    for end in ("$", "(?=[_/])"):
        found: dict[str, int] = {}
        for index, path in enumerate(names):
            match = re.search(f"/{re.escape(name)}{end}", path)
            if match:
                found.setdefault(path[: match.end()], index)
        if found:
            return found
    return {}


def _state(layers: Sequence[tuple[str, Any]]) -> Frozen:
    frozen: list[str] = []
    trained: list[str] = []
    counts = {True: 0, False: 0}
    for path, layer in layers:
        if layer.weights:
            (trained if layer.trainable_weights else frozen).append(path)
        for group, weights in ((True, layer.trainable_weights), (False, layer.non_trainable_weights)):
            counts[group] += sum(int(weight.shape.num_elements()) for weight in weights)
    return Frozen(tuple(frozen), tuple(trained), counts[False], counts[True])


def _ends(names: Sequence[str]) -> str:
    if len(names) < 3:
        return f" ({', '.join(names)})" if names else ""
    return f" ({names[0]} to {names[-1]})"
