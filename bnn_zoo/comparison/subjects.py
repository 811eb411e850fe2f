"""From what a user names to networks that can be counted and measured."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from bnn_zoo._argument_checks import check_input_shape
from bnn_zoo._keras import keras
from bnn_zoo._layer_graph import is_functional
from bnn_zoo.comparison.layers import Layer, stored_layers
from bnn_zoo.comparison.read import read_layers
from bnn_zoo.hub import WeightSet, find_weight_set, load_pretrained, resolve, weight_set_of
from bnn_zoo.hub.attached import attach_weight_set
from bnn_zoo.hub.references import NOR_FOLDER
from bnn_zoo.models import Architecture, architectures, find_architecture, split_name
from bnn_zoo.models.architecture import arguments_from_json
from bnn_zoo.zoo import create_model, expand_names

#: A name ("birealnet"), a pattern ("*densenet*"), a weight set ("birealnet.cifar10", a folder, USER/REPO, or a record), or a model.
Spec: TypeAlias = Any

Shape: TypeAlias = "tuple[int, int, int]"


@dataclass(frozen=True)
class Subject:
    """A network that is to be compared, not yet built.

    Args:
        name: for tables.
        entry: its architecture, if it is of the zoo.
        weights: its weight set, if it has one.
        model: the model itself, if it is in hand.
        input_shape: (height, width, channels) that was asked for; None for its own.
    """

    name: str
    entry: Architecture | None = None
    weights: WeightSet | None = None
    model: keras.Model | None = None
    input_shape: Shape | None = None

    @property
    def is_stored(self) -> bool:
        """Whether its layers are known without building it."""
        if self.entry is None or self.model is not None or self.input_shape not in (None, self.entry.input_shape):
            return False
        usual = (self.entry.input_shape, self.entry.num_classes, True)
        weights = self.weights
        return weights is None or (
            not weights.arguments and (weights.input_shape, weights.num_classes, weights.include_top) == usual
        )

    @property
    def is_resized(self) -> bool:
        """Whether it is to take pictures of another size than those that its accuracy was reported for."""
        known = self.weights or self.entry
        return known is not None and self.input_shape is not None and self.input_shape != tuple(known.input_shape)

    @property
    def is_trained(self) -> bool:
        """Whether measuring its accuracy has a meaning."""
        return self.weights is not None or self.model is not None

    @functools.cached_property
    def layers(self) -> tuple[Layer, ...]:
        """Its layers."""
        if self.is_stored and self.entry is not None:
            return stored_layers(self.entry.name)
        return read_layers(self.build())

    def build(self, trained: bool = False) -> keras.Model:
        """The network.

        Args:
            trained: with its weights, which may be downloaded; otherwise they are random, unless the model is in hand.
        """
        if self.model is not None:
            return _resized(self.model, self.input_shape)
        if self.weights is not None and (trained or self.entry is None):
            if self.entry is None:
                return _resized(load_pretrained(self.weights, name=_plain(self.name)), self.input_shape)
            return load_pretrained(self.weights, input_shape=self.input_shape, name=_plain(self.name))
        assert self.entry is not None, "a network is of the zoo, has a weight set, or is in hand"
        if self.weights is None:
            return create_model(self.entry.name, input_shape=self.input_shape)
        return create_model(
            self.entry.name,
            input_shape=self.input_shape or self.weights.input_shape,
            num_classes=self.weights.num_classes,
            include_top=self.weights.include_top,
            **arguments_from_json(self.entry, self.weights.arguments),
        )


def find_subjects(specs: Spec | Iterable[Spec] | None = None, input_shape: Shape | None = None) -> tuple[Subject, ...]:
    """The networks that are meant, each once, under names of their own. TensorFlow is not loaded for it.

    Args:
        specs: see `bnn_zoo.compare`; None for all networks of the zoo.
        input_shape: (height, width, channels).

    Raises:
        ValueError: for a name that does not exist, with the nearest that do, or an input_shape that is none.
        TypeError: for anything that is no network.
    """
    shape = None
    if input_shape is not None:
        check_input_shape(input_shape, free_sizes=False)
        shape = (int(input_shape[0]), int(input_shape[1]), int(input_shape[2]))
    if specs is None:
        specs = list(architectures())
    elif isinstance(specs, (str, os.PathLike, WeightSet)) or hasattr(specs, "layers"):
        specs = [specs]
    found = [dataclasses.replace(subject, input_shape=shape) for spec in specs for subject in _find(spec)]
    if not found:
        raise ValueError("models is empty; name networks, as in ['birealnet', 'quicknet.imagenet'], or leave it out for all.")
    return _named_apart([subject for place, subject in enumerate(found) if subject not in found[:place]])


def find_subject(spec: Spec, input_shape: Shape | None = None) -> Subject:
    """The one network that is meant; see `find_subjects`.

    Raises:
        ValueError: if it is not one, too.
    """
    found = find_subjects(spec, input_shape)
    if len(found) != 1:
        raise ValueError(f"{spec!r:.100} means {len(found)} networks; name one of them (`compare` takes several).")
    return found[0]


def _find(spec: Spec) -> list[Subject]:
    if isinstance(spec, WeightSet):
        return [_of_weights(spec, spec.name)]
    if not isinstance(spec, (str, os.PathLike)):
        if not hasattr(spec, "layers"):
            raise TypeError(
                f"models holds {spec!r:.100}; a network is a name, a weight set (name.tag, folder, USER/REPO) or a keras.Model."
            )
        return [Subject(spec.name, weights=weight_set_of(spec), model=spec)]
    text = os.fspath(spec)
    if isinstance(spec, str) and (names := expand_names(text)) != [text]:
        return [subject for name in names for subject in _find(name)]
    if isinstance(spec, str) and not set(text) & set("/\\") and not text.startswith((".", "~")):
        network, tag = split_name(text)
        try:
            entry = find_architecture(network, NOR_FOLDER)
        except ValueError:
            if not Path(text).exists():
                raise
        else:
            return [Subject(entry.name if tag is None else text, entry, None if tag is None else find_weight_set(entry.name, tag))]
    return [_of_weights(resolve(spec), text)]


def _of_weights(weights: WeightSet, name: str) -> Subject:
    return Subject(name, find_architecture(weights.architecture) if weights.architecture else None, weights)


def _named_apart(subjects: list[Subject]) -> tuple[Subject, ...]:
    seen: Counter[str] = Counter()
    named = []
    for subject in subjects:
        seen[subject.name] += 1
        number = seen[subject.name]
        named.append(subject if number == 1 else dataclasses.replace(subject, name=f"{subject.name} ({number})"))
    return tuple(named)


def _resized(model: keras.Model, input_shape: Shape | None) -> keras.Model:
    if input_shape is None or not is_functional(model):
        return model  # another kind of model has no layers to read; `read_layers` says so
    own = tuple(model.input_shape[1:]) if isinstance(model.input_shape, tuple) else None
    if own is None or own == input_shape:
        return model
    if len(own) != 3 or any(side not in (None, wanted) for side, wanted in zip(own, input_shape, strict=True)):
        raise ValueError(
            f"model {model.name!r} takes pictures of {own}, not of input_shape={input_shape}; build it with that size, or leave "
            "input_shape out: then every network is compared at its own."
        )
    fixed = keras.models.clone_model(model, input_tensors=keras.Input(input_shape))
    fixed.set_weights(model.get_weights())
    attach_weight_set(fixed, weight_set_of(model))  # with it, its class names and how its pictures are prepared
    return fixed


def _plain(name: str) -> str:
    """A name that Keras takes."""
    return "".join(sign if sign.isalnum() else "_" for sign in name).strip("_") or "network"
