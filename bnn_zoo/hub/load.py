"""From a reference to a network with weights in it."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from bnn_zoo._keras import Tensor, keras
from bnn_zoo.hub.custom import rebuild
from bnn_zoo.hub.errors import WeightFileError
from bnn_zoo.hub.fetch import fetch
from bnn_zoo.hub.references import Reference, resolve
from bnn_zoo.hub.variables import HEAD
from bnn_zoo.hub.weight_set import WeightSet
from bnn_zoo.models import find_architecture
from bnn_zoo.models.architecture import arguments_from_json
from bnn_zoo.models.build import build_model

#: What reads a file, by the record's format. A new format is one new file in `formats` and one line here.
_FORMATS = {
    "packed": "packed",
    "keras-h5": "keras_h5",
    "pytorch": "pytorch",
}


def load_pretrained(
    reference: Reference,
    *,
    architecture: str | None = None,
    arguments: Mapping[str, Any] | None = None,
    input_shape: tuple[int | None, int | None, int] | None = None,
    input_tensor: Tensor | None = None,
    num_classes: int | None = None,
    include_top: bool = True,
    name: str | None = None,
) -> keras.Model:
    """Builds the network that a weight set was trained for, and loads its weights.

    Args:
        reference: what `pretrained=` takes: a folder, a name with tag, a Hub repository, ... (see `resolve`).
        architecture: its name, where the reference does not say.
        arguments: of the architecture, in place of the weight set's.
        input_shape: (height, width, channels) in place of the weight set's.
        input_tensor: a Keras tensor to use as the images.
        num_classes: another number than the weight set's loads everything but the head, and warns.
        include_top: False for features instead of probabilities.
        name: of the model.

    Returns:
        The keras.Model.

    Raises:
        ValueError: if the reference or an argument means nothing.
        WeightsError: if the weights cannot be had (WeightFileError) or do not fit (WeightMismatchError).
    """
    weights = resolve(reference, architecture, include_top)
    if weights.architecture is None:
        given = dict(
            arguments=arguments or None,
            input_shape=input_shape,
            input_tensor=input_tensor,
            num_classes=num_classes,
            include_top=None if include_top else False,
        )
        for argument, value in given.items():
            if value is not None:
                raise ValueError(
                    f"{argument} cannot be changed: {weights.name} is not of the zoo; load it as it is and take its layers."
                )
        return _load_custom(weights, name)
    entry = find_architecture(weights.architecture)
    classes = (num_classes or weights.num_classes or entry.num_classes) if include_top else None
    if input_shape is None and input_tensor is None:
        input_shape = weights.input_shape
    try:
        own = arguments_from_json(entry, weights.arguments)
    except (ValueError, TypeError) as error:
        raise WeightFileError(f"{weights.name}: {error}") from error
    model = build_model(
        entry,
        input_shape=input_shape,
        input_tensor=input_tensor,
        num_classes=classes,
        arguments={**own, **(arguments or {})},
        name=name,
    )
    load_weights(model, weights)
    return model


def load_weights(model: keras.Model, weights: WeightSet) -> None:
    """Fetches a weight set's file and puts it into a network.

    Where the number of classes differs, or the file comes without top, everything but the head is loaded, with a warning.

    Args:
        model: the network; it is changed only if the whole file is sound and fits.
        weights: the record.

    Raises:
        WeightsError: if the weights cannot be had (WeightFileError) or do not fit (WeightMismatchError).
    """
    if weights.format not in _FORMATS:
        raise WeightFileError(f"{weights.name}: the format {weights.format!r} is not known; there are {', '.join(_FORMATS)}.")
    path = fetch(weights)
    leave_out = _head_to_leave_out(model, weights)
    file_format = import_module(f"bnn_zoo.hub.formats.{_FORMATS[weights.format]}")
    if weights.sha256 is None:
        file_format.check(path)
    file_format.load(model, path, leave_out)
    if leave_out:
        weights = dataclasses.replace(weights, labels=None, metrics=())
        classes = f"was trained on {weights.num_classes} classes, not {model.output_shape[-1]}"
        warnings.warn(
            f"{weights.name} {classes if weights.include_top else 'comes without top'}: all was loaded but "
            f"{', '.join(sorted(leave_out))}, which must be trained.",
            stacklevel=2,
        )
    model._bnn_zoo_weights = weights


def _head_to_leave_out(model: keras.Model, weights: WeightSet) -> set[str]:
    if weights.include_top and weights.num_classes in (None, model.output_shape[-1]):
        return set()
    return {layer.name for layer in model.layers if layer.name.startswith(HEAD) and layer.weights}


def _load_custom(weights: WeightSet, name: str | None) -> keras.Model:
    model = rebuild(weights.keras_config or {}, weights.name, name)
    load_weights(model, weights)
    return model
