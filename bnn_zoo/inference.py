"""From pictures to class names: what a network wants to see, and what its numbers mean."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from bnn_zoo._keras import keras
from bnn_zoo.blocks.stem import SMALL_PICTURE
from bnn_zoo.data.labels import class_labels, top_classes
from bnn_zoo.data.preprocessing import apply_preprocessing, normalized
from bnn_zoo.data.preprocessing_settings import CIFAR10, IMAGENET, Preprocessing
from bnn_zoo.hub.attached import weight_set_of
from bnn_zoo.hub.registry import find_weight_set, registered
from bnn_zoo.hub.weight_set import WeightSet
from bnn_zoo.models import find_architecture, split_name
from bnn_zoo.models.build import record_of


def preprocess(images: Any, model: keras.Model | str | WeightSet) -> np.ndarray:
    """Pictures as a network was trained to see them.

    Args:
        images: uint8 RGB, (batch, height, width, 3) or (height, width, 3), or a list of such pictures of any sizes.
        model: a model, a name ("birealnet.cifar10", or "birealnet" for its default weights), or a record.

    Returns:
        float32, (batch, height, width, 3): cropped, resized and normalized as the weight set says. For a network that names the
        class of each pixel and takes any size, they are normalized only, and must be of one size. Without a weight set pictures
        are prepared as for CIFAR-10 where the model takes small ones, else as for ImageNet.

    Raises:
        TypeError: if `model` is none of these.
        ValueError: if the pictures are not uint8 RGB, the name is unknown, or the model takes something else than pictures.
    """
    if _takes_whole_pictures(model):
        return normalized(images, preprocessing_of(model))
    return apply_preprocessing(images, preprocessing_of(model))


def decode_predictions(
    probabilities: np.ndarray,
    model: keras.Model | str | WeightSet,
    top: int = 5,
    labels: Sequence[str] | None = None,
) -> list[list[tuple[str, float]]]:
    """The likeliest classes by name.

    Args:
        probabilities: (batch, classes) or (classes,), as the model gives them.
        model: a model, a name ("birealnet.cifar10", or "birealnet" for its default weights), or a record.
        top: how many classes a picture.
        labels: class names of the model's outputs; those of its weight set if not given.

    Returns:
        For each picture (class name, probability), the likeliest first.

    Raises:
        ValueError: if the shape is wrong, or the class names are not known.
    """
    return top_classes(np.asarray(probabilities), labels_of(model) if labels is None else labels, top)


def preprocessing_of(model: keras.Model | str | WeightSet) -> Preprocessing:
    """How pictures are prepared for a model, by its weight set or, without one, by its input size."""
    weights = _weights_of(model)
    if weights is not None and weights.preprocessing is not None:
        settings = Preprocessing.from_dict(weights.preprocessing)
    else:
        height = _input_shape(model)[0]
        settings = CIFAR10 if height is not None and height < SMALL_PICTURE else IMAGENET
    return _resized(settings, _input_shape(model))


def labels_of(model: keras.Model | str | WeightSet) -> tuple[str, ...]:
    """The class names of a model's weight set.

    Raises:
        ValueError: if they are not known.
    """
    weights = _weights_of(model)
    if weights is None or weights.labels is None:
        raise ValueError(
            "the class names of this model are not known (no weight set with labels was loaded into it): a weight set has them as "
            '"labels" in its config.json; from Python, pass labels=[...].'
        )
    return class_labels(weights.labels) if isinstance(weights.labels, str) else weights.labels


def _weights_of(model: Any) -> WeightSet | None:
    if isinstance(model, WeightSet):
        return model
    if not isinstance(model, str):
        return weight_set_of(model)
    network, tag = split_name(model)
    entry = find_architecture(network)
    if tag is not None or registered(entry.name):
        return find_weight_set(entry.name, tag)
    return None


def _input_shape(model: Any) -> tuple[int | None, int | None, int]:
    if not isinstance(model, (str, WeightSet, keras.Model)):
        raise TypeError(f"model is {model!r:.60}; it must be a keras.Model, a name as in 'birealnet.cifar10', or a record.")
    if isinstance(model, str):
        weights = _weights_of(model)
        return find_architecture(split_name(model)[0]).input_shape if weights is None else weights.input_shape
    if isinstance(model, WeightSet):
        return model.input_shape
    if not isinstance(model.input_shape, tuple) or len(model.input_shape) != 4:  # of several inputs it is a list
        raise ValueError(
            f"model {model.name!r} takes {model.input_shape}; pictures are prepared for networks that take a batch of them, "
            "(batch, height, width, channels), and nothing else: for others do it with apply_preprocessing of bnn_zoo.data."
        )
    return tuple(model.input_shape[1:])


def _takes_whole_pictures(model: Any) -> bool:
    """Whether it is a network for segmentation of no fixed size: what is cut off would have no classes."""
    record = record_of(model) if isinstance(model, keras.Model) else None
    return record is not None and find_architecture(record.architecture).per_pixel and None in model.input_shape[1:3]


def _resized(settings: Preprocessing, input_shape: tuple[int | None, int | None, int]) -> Preprocessing:
    height, width = (side or usual for side, usual in zip(input_shape[:2], settings.input_size, strict=True))
    return dataclasses.replace(settings, input_size=(height, width))
