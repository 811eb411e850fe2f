"""`tfds:NAME`: pictures with masks, of a data set of TensorFlow Datasets."""

from __future__ import annotations

from typing import Any

import numpy as np

from bnn_zoo.data.images import decode_image
from bnn_zoo.data.mask_dataset import MaskDataset
from bnn_zoo.data.tfds import TFDS, features_of, part_of, prepared, reader


def open_masks(source: str, split: str | None = None) -> MaskDataset:
    """Opens pictures with a class for every pixel; the data set is prepared if need be (TFDS_DATA_DIR says where).

    Args:
        source: `tfds:NAME`. "tfds:voc_segmentation" is PASCAL VOC 2012, 1464 pictures to train on and 1449 for validation.
        split: its name, or a slice as in "train[:10%]"; may be left out where there is one only.

    Returns:
        The pictures, read one by one and in any order.

    Raises:
        ValueError: there is no such data set or split, or it is not one of pictures with masks (a feature `LabeledImage`).
        OSError: it could not be prepared.
        ImportError: TensorFlow Datasets is not installed.
    """
    check_mask_source(source)
    builder = prepared(source)
    image, mask = _features(source, builder.info)
    name, part = part_of(builder, source, split)
    values = reader(builder, name, part, pictures=[image, mask])

    def pair(number: int) -> tuple[np.ndarray, np.ndarray]:
        shown = f"{source} {name}, picture {number}"
        picture, classes = values(number)
        # Of a grey picture all three channels are the same.
        return decode_image(picture, shown), decode_image(classes, f"{shown}, its mask")[..., 0]

    class_names = tuple(map(str, builder.info.features[mask].names))
    return MaskDataset(source, class_names, pair, np.arange(part.num_examples))


def check_mask_source(source: str) -> None:
    """Whether masks can be read from there, as far as it shows without TensorFlow.

    Raises:
        ValueError: if it is not of TensorFlow Datasets.
    """
    if not source.startswith(TFDS):
        raise ValueError(f"source is {source!r}; masks are read from TensorFlow Datasets, as in tfds:voc_segmentation")


def _features(source: str, info: Any) -> tuple[str, str]:
    """The names of the picture and of its mask."""
    import tensorflow_datasets as tfds

    images, masks = features_of(info, tfds.features.Image), features_of(info, tfds.features.LabeledImage)
    if len(images) != 1 or len(masks) != 1 or not info.features[masks[0]].num_classes:
        raise ValueError(
            f"source {source!r} has the features {', '.join(info.features)}: needed are one of pictures and one of masks "
            f"(LabeledImage) with class names, there are {len(images)} and {len(masks)}"
        )
    return images[0], masks[0]
