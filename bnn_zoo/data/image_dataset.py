"""A labelled set of pictures in memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bnn_zoo.data.picture_arrays import check_images
from bnn_zoo.data.resizing import ChooseBox, fitted, resized_crop


@dataclass(frozen=True, eq=False)
class ImageDataset:
    """Pictures with their classes.

    Attributes:
        images: uint8 RGB (pictures, height, width, 3), values 0..255.
        labels: int64 (pictures,), the index of each picture's class in `class_names`.
        class_names: the classes, in the order of the labels. One may have no picture in this part of the data.
        skipped: names of the files that could not be read and were left out.

    Raises:
        ValueError: the arrays do not fit together.
    """

    images: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]
    skipped: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_images(self.images)
        if self.labels.dtype != np.int64 or self.labels.shape != self.images.shape[:1]:
            raise ValueError(
                f"labels has dtype {self.labels.dtype} and shape {self.labels.shape}; "
                f"it has to be int64 ({len(self.images)},), one class index for each of the images"
            )
        if self.labels.size and not 0 <= self.labels.min() <= self.labels.max() < len(self.class_names):
            raise ValueError(
                f"labels are from {self.labels.min()} to {self.labels.max()}; "
                f"with {len(self.class_names)} class_names they have to be from 0 to {len(self.class_names) - 1}"
            )

    def __len__(self) -> int:
        return len(self.labels)

    def part(self, chosen: np.ndarray, *, with_skipped: bool) -> ImageDataset:
        """The pictures that a bool (pictures,) chooses."""
        return ImageDataset(self.images[chosen], self.labels[chosen], self.class_names, self.skipped if with_skipped else ())

    def read(self, index: int) -> tuple[np.ndarray, int]:
        """A picture, uint8 (height, width, 3), and the index of its class."""
        return self.images[index], int(self.labels[index])

    def read_fitted(self, index: int, size: tuple[int, int]) -> tuple[np.ndarray, int]:
        """As `read`: the picture's square centre, resized to (height, width)."""
        return fitted(self.images[index], size), int(self.labels[index])

    def read_cropped(self, index: int, size: tuple[int, int], choose: ChooseBox) -> tuple[np.ndarray, int]:
        """As `read`: the part of the picture that `choose` gives for its height and width, resized to (height, width)."""
        picture = self.images[index]
        return resized_crop(picture, choose(*picture.shape[:2]), size), int(self.labels[index])
