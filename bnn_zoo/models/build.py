"""From an architecture and its arguments to a keras.Model that remembers both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bnn_zoo._keras import Tensor, keras
from bnn_zoo.blocks.stem import choose_stem
from bnn_zoo.models.architecture import Architecture


@dataclass(frozen=True)
class Record:
    """How a model was made: kept on the model, written to its weight set's configuration.

    Args:
        architecture: its name.
        arguments: those of the architecture that differ from its defaults.
        num_classes: None for a network without top.
        input_shape: (height, width, channels); None where a size is free.
    """

    architecture: str
    arguments: tuple[tuple[str, Any], ...]
    num_classes: int | None
    input_shape: tuple[int | None, int | None, int]


def build_model(
    entry: Architecture,
    *,
    input_shape: tuple[int | None, int | None, int] | None = None,
    input_tensor: Tensor | None = None,
    num_classes: int | None = None,
    arguments: Mapping[str, Any] | None = None,
    name: str | None = None,
) -> keras.Model:
    """Builds an architecture with random weights.

    Args:
        entry: the architecture.
        input_shape: (height, width, channels); the architecture's usual one if not given.
        input_tensor: a keras.Input to use as the images, in place of `input_shape`.
        num_classes: of the probabilities; None for a network without top.
        arguments: the architecture's own.
        name: of the model; the architecture's if not given.

    Returns:
        A keras.Model from images to probabilities, (batch, num_classes) or, of a network for segmentation, (batch, height, width,
        num_classes); without top to features, (batch, height, width, channels).
    """
    # A plain number, of which a configuration can be written.
    num_classes = None if num_classes is None else int(num_classes)
    images = keras.Input(input_shape or entry.input_shape) if input_tensor is None else input_tensor
    arguments = dict(arguments or {})
    if "stem" in entry.defaults:
        # Recorded as it was chosen: the weights of a small picture's stem fit no other, whatever size comes later.
        arguments["stem"] = choose_stem(images, arguments.get("stem"))
    model = keras.Model(images, entry(images, num_classes, **arguments), name=name or entry.name)
    changed = tuple((key, value) for key, value in arguments.items() if value != entry.defaults[key])
    model._bnn_zoo_record = Record(entry.name, changed, num_classes, tuple(images.shape[1:]))
    return model


def record_of(model: keras.Model) -> Record | None:
    """How a model was made, if this package made it."""
    return getattr(model, "_bnn_zoo_record", None)
