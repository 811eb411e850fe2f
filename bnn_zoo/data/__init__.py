"""Pictures and their classes: reading any picture as RGB, labelled sets of pictures (in memory or streamed) from folders, .zip
files, CIFAR-10's publishers and TensorFlow Datasets, the preprocessing that a weight set was trained with, class names and the
likeliest classes of a prediction. Everything is loaded on first use; nothing here loads TensorFlow until a picture has to be
resized for a network, or TensorFlow Datasets is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnn_zoo._lazy import lazy_names

if TYPE_CHECKING:
    from bnn_zoo.data.cifar10 import is_cifar10_binary, load_cifar10_binary
    from bnn_zoo.data.datasets import load_dataset, open_dataset, scoring_split, split_names, training_split
    from bnn_zoo.data.image_dataset import ImageDataset
    from bnn_zoo.data.images import ImageError, decode_image, read_image
    from bnn_zoo.data.labels import class_labels, top_classes
    from bnn_zoo.data.listing import find_images
    from bnn_zoo.data.mask_dataset import MaskDataset
    from bnn_zoo.data.preprocessing import apply_preprocessing
    from bnn_zoo.data.preprocessing_settings import CIFAR10, IMAGENET, Preprocessing
    from bnn_zoo.data.samples import sample_pictures
    from bnn_zoo.data.splits import split_off
    from bnn_zoo.data.streamed_dataset import StreamedDataset
    from bnn_zoo.data.tfds_masks import open_masks

_HOMES = {
    "is_cifar10_binary": "cifar10",
    "load_cifar10_binary": "cifar10",
    "load_dataset": "datasets",
    "open_dataset": "datasets",
    "scoring_split": "datasets",
    "split_names": "datasets",
    "training_split": "datasets",
    "ImageDataset": "image_dataset",
    "ImageError": "images",
    "decode_image": "images",
    "read_image": "images",
    "class_labels": "labels",
    "top_classes": "labels",
    "find_images": "listing",
    "MaskDataset": "mask_dataset",
    "CIFAR10": "preprocessing_settings",
    "IMAGENET": "preprocessing_settings",
    "Preprocessing": "preprocessing_settings",
    "apply_preprocessing": "preprocessing",
    "sample_pictures": "samples",
    "split_off": "splits",
    "StreamedDataset": "streamed_dataset",
    "open_masks": "tfds_masks",
}

__all__ = [
    "CIFAR10",
    "IMAGENET",
    "ImageDataset",
    "ImageError",
    "MaskDataset",
    "Preprocessing",
    "StreamedDataset",
    "apply_preprocessing",
    "class_labels",
    "decode_image",
    "find_images",
    "is_cifar10_binary",
    "load_cifar10_binary",
    "load_dataset",
    "open_dataset",
    "open_masks",
    "read_image",
    "sample_pictures",
    "scoring_split",
    "split_names",
    "split_off",
    "top_classes",
    "training_split",
]


if not TYPE_CHECKING:  # a type checker that saw this would believe in any name
    __getattr__, __dir__ = lazy_names(__name__, _HOMES, __all__)
