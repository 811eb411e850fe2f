"""What an author's PyTorch checkpoint does not say: how pictures are prepared for it, and what its classes are called."""

from __future__ import annotations

import dataclasses
from typing import Any

from bnn_zoo._keras import keras
from bnn_zoo.data.preprocessing_settings import IMAGENET
from bnn_zoo.hub.formats.pytorch_names import authors_names
from bnn_zoo.models import find_architecture
from bnn_zoo.models.build import record_of

#: Pictures of at least this height, pixels, are cut as the authors cut ImageNet's; smaller ones are seen whole.
_CUT_FROM = 224

IMAGENET_CLASSES = 1000


def authors_settings(model: keras.Model) -> dict[str, Any]:
    """The fields of a weight set's record that follow from whose checkpoint it is, the same for loading and for converting.

    Args:
        model: a network of the zoo whose authors' checkpoints are known, as large and with as many classes as the checkpoint.

    Returns:
        `preprocessing`, as JSON has it, and `labels`: ImageNet's for 1000 classes, None for others.

    Raises:
        WeightFileError: if no checkpoints of that network are known.
    """
    record = record_of(model)
    names = authors_names(record.architecture if record else None)
    assert record is not None, "names are known for networks of the zoo only"
    usual = find_architecture(record.architecture).input_shape
    height, width = (side or other for side, other in zip(model.input_shape[1:3], usual[:2], strict=True))
    large = height >= _CUT_FROM
    mean, std = (IMAGENET.mean, IMAGENET.std) if large or names.small_colours is None else names.small_colours
    preprocessing = dataclasses.replace(
        IMAGENET,
        input_size=(height, width),
        crop=names.crop if large else 1.0,
        interpolation=names.interpolation,
        mean=mean,
        std=std,
    )
    labels = "imagenet" if record.num_classes == IMAGENET_CLASSES else None
    return {"preprocessing": preprocessing.to_dict(), "labels": labels}
