"""PASCAL VOC 2012 with the classes of pixels, which TensorFlow Datasets' own "voc" leaves out. Importing this file makes it known.

Importing this file loads TensorFlow Datasets.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

#: The file of the challenge's own pages, http://host.robots.ox.ac.uk/pascal/VOC/voc2012/.
_URL = "http://host.robots.ox.ac.uk/pascal/VOC/voc2012/VOCtrainval_11-May-2012.tar"

_CLASSES = (
    *("background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable"),
    *("dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor"),
)


class VocSegmentation(tfds.core.GeneratorBasedBuilder):  # type: ignore[misc]
    """Pictures and masks of the segmentation task; pixels at the objects' borders have no class (255)."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self) -> Any:
        features = {
            "image": tfds.features.Image(shape=(None, None, 3), encoding_format="jpeg"),
            "mask": tfds.features.LabeledImage(labels=list(_CLASSES), shape=(None, None, 1), encoding_format="png"),
        }
        return tfds.core.DatasetInfo(
            builder=self,
            description="PASCAL VOC 2012, the segmentation task.",
            features=tfds.features.FeaturesDict(features),
            homepage="http://host.robots.ox.ac.uk/pascal/VOC/voc2012/",
        )

    def _split_generators(self, dl_manager: Any) -> Any:
        folder = Path(dl_manager.download_and_extract(_URL)) / "VOCdevkit" / "VOC2012"
        return {"train": self._generate_examples(folder, "train"), "validation": self._generate_examples(folder, "val")}

    def _generate_examples(self, folder: Path, split: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for name in (folder / "ImageSets" / "Segmentation" / f"{split}.txt").read_text().split():
            with Image.open(folder / "SegmentationClass" / f"{name}.png") as mask:
                classes = np.asarray(mask)  # of a picture with a palette the numbers, and not their colours
            yield name, {"image": folder / "JPEGImages" / f"{name}.jpg", "mask": classes[..., None]}
