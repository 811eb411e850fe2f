"""From a reference to a network with weights in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path
from typing import Any

from bnn_zoo._argument_checks import check_input_tensor, check_num_classes
from bnn_zoo._caller import warn_caller
from bnn_zoo._error_words import in_one_line
from bnn_zoo._keras import Tensor, keras
from bnn_zoo.hub.attached import attach_weight_set
from bnn_zoo.hub.authors_settings import authors_settings
from bnn_zoo.hub.custom import rebuild
from bnn_zoo.hub.errors import WeightFileError
from bnn_zoo.hub.fetch import fetch
from bnn_zoo.hub.formats import ENDINGS
from bnn_zoo.hub.references import Reference, as_found, resolve
from bnn_zoo.hub.room import no_larger_than
from bnn_zoo.hub.variables import HEAD
from bnn_zoo.hub.weight_set import WeightSet
from bnn_zoo.models import find_architecture
from bnn_zoo.models.architecture import arguments_from_json
from bnn_zoo.models.build import build_model, record_of

#: Bytes that a class takes in a file: a number at least, of its bias or its scale.
_LEAST_OF_A_CLASS = 4


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
        input_tensor: a keras.Input to use as the images.
        num_classes: another number than the weight set's loads everything but the head, and warns.
        include_top: False for features instead of probabilities.
        name: of the model.

    Returns:
        The keras.Model.

    Raises:
        ValueError: if the reference or an argument means nothing.
        WeightsError: if the weights cannot be had (WeightFileError) or do not fit (WeightMismatchError).
    """
    if input_tensor is not None:
        check_input_tensor(input_tensor)
    if num_classes is not None:
        check_num_classes(num_classes)
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
    path = _file_of(weights)
    weights = as_found(weights, path)
    try:
        own = arguments_from_json(entry, weights.arguments)
    except (ValueError, TypeError) as error:
        raise WeightFileError(f"{weights.name}: {error}") from error
    if include_top and num_classes is None:
        _check_classes(weights, path)
    recorded = entry.num_classes if weights.num_classes is None else weights.num_classes
    classes = (recorded if num_classes is None else num_classes) if include_top else None
    shape = weights.input_shape if input_shape is None and input_tensor is None else input_shape
    asked = bool(arguments) or input_shape is not None or input_tensor is not None or num_classes is not None
    # What the caller asks for may be larger than the file, as may a head that the file does not have.
    counted = weights.format == "packed" and not asked and (weights.include_top or not include_top)
    try:
        with no_larger_than(path) if counted else nullcontext():
            model = build_model(
                entry,
                input_shape=shape,
                input_tensor=input_tensor,
                num_classes=classes,
                arguments={**own, **(arguments or {})},
                name=name,
            )
    except Exception as error:  # TensorFlow raises whatever its layers raise
        if asked:
            raise  # what the caller asked for may be at fault
        raise WeightFileError(
            f"{weights.name}: no network can be built as its record says, input_shape={weights.input_shape} "
            f"{weights.arguments_text:.200} ({in_one_line(error, 200)}); fetch or save it again."
        ) from error
    _fill(model, weights, path)
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
    path = _file_of(weights)
    _fill(model, as_found(weights, path), path)


def _file_of(weights: WeightSet) -> Path:
    if weights.format not in ENDINGS:
        raise WeightFileError(f"{weights.name}: the format {weights.format!r} is not known; there are {', '.join(ENDINGS)}.")
    return fetch(weights)


def _check_classes(weights: WeightSet, path: Path) -> None:
    """Refuses a number of classes that the file has no numbers for, before memory is taken for them."""
    most = path.stat().st_size // _LEAST_OF_A_CLASS
    if weights.num_classes is not None and weights.num_classes > most:
        raise WeightFileError(
            f"{weights.name}: {weights.num_classes} classes are recorded, but the file has numbers for {most} at most; "
            "fetch or save it again."
        )


def _fill(model: keras.Model, weights: WeightSet, path: Path) -> None:
    leave_out = _head_to_leave_out(model, weights)
    file_format = import_module(f"bnn_zoo.hub.formats.{weights.format.replace('-', '_')}")
    if weights.sha256 is None:
        file_format.check(path)
    file_format.load(model, path, leave_out)
    if weights.format == "pytorch":
        # What the record says itself, as the registry's do, stays.
        told = {name: value for name, value in authors_settings(model).items() if getattr(weights, name) is None}
        weights = dataclasses.replace(weights, **told)
    if leave_out or _is_without_top(model):
        weights = dataclasses.replace(weights, labels=None, metrics=())
    if leave_out:
        classes = f"was trained on {weights.num_classes} classes, not {model.output_shape[-1]}"
        warn_caller(
            f"{weights.name} {classes if weights.include_top else 'comes without top'}: all was loaded but "
            f"{', '.join(sorted(leave_out))}, which must be trained.",
        )
    attach_weight_set(model, weights)


def _is_without_top(model: keras.Model) -> bool:
    record = record_of(model)
    return record is not None and record.num_classes is None


def _head_to_leave_out(model: keras.Model, weights: WeightSet) -> set[str]:
    if weights.include_top and weights.num_classes in (None, model.output_shape[-1]):
        return set()
    return {layer.name for layer in model.layers if layer.name.startswith(HEAD) and layer.weights}


def _load_custom(weights: WeightSet, name: str | None) -> keras.Model:
    path = _file_of(weights)
    with no_larger_than(path) if weights.format == "packed" else nullcontext():
        model = rebuild(weights.keras_config or {}, weights.name, name)
    _fill(model, as_found(weights, path), path)
    return model
