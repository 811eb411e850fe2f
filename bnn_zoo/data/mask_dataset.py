"""Pictures with a class for every pixel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from bnn_zoo.data.picture_arrays import check_images
from bnn_zoo.data.resizing import ChooseBox, cut_classes, resized_crop, square_centre

T = TypeVar("T")

#: The class of pixels that none is known of; they are neither trained on nor scored.
VOID = 255


@dataclass(frozen=True, eq=False)
class MaskDataset:
    """Pictures with masks, of any number and sizes, read when they are needed. Its `read...` may be called from several threads.

    For training a mask is the fourth channel of its picture, so that what cuts, shifts or mirrors the picture does it to both.

    Attributes:
        source: what the user called it, for messages.
        class_names: in the order of the classes, at most 255.
        pair: from a number to a picture, uint8 (height, width, 3), and its mask, uint8 (height, width); raises ImageError.
        chosen: numbers of the pictures that belong to this data set.
    """

    source: str
    class_names: tuple[str, ...]
    pair: Callable[[int], tuple[np.ndarray, np.ndarray]]
    chosen: np.ndarray

    #: No class is that of a whole picture.
    labels = None
    skipped = ()

    @classmethod
    def of(cls, images: np.ndarray, masks: np.ndarray, class_names: tuple[str, ...]) -> MaskDataset:
        """Pictures in memory.

        Args:
            images: uint8 RGB (pictures, height, width, 3).
            masks: uint8 (pictures, height, width), the index of each pixel's class, or `VOID`.
            class_names: in the order of the classes.

        Raises:
            ValueError: the arrays do not fit together.
        """
        check_images(images)
        if masks.dtype != np.uint8 or masks.shape != images.shape[:3]:
            raise ValueError(
                f"masks has dtype {masks.dtype} and shape {masks.shape}; it has to be uint8 {images.shape[:3]}, a class a pixel"
            )
        return cls("arrays", class_names, lambda number: (images[number], masks[number]), np.arange(len(images)))

    def __len__(self) -> int:
        return len(self.chosen)

    def part(self, chosen: np.ndarray, *, with_skipped: bool = True) -> MaskDataset:
        """The pictures that a bool (pictures,) chooses."""
        return replace(self, chosen=self.chosen[chosen])

    def read(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """A picture, uint8 (height, width, 3), and its mask, uint8 (height, width).

        Raises:
            ImageError: they cannot be read.
            ValueError: they are of two sizes, or the mask has a class that there is not.
        """
        number = int(self.chosen[index])
        picture, mask = self.pair(number)
        if mask.shape != picture.shape[:2]:
            raise ValueError(f"source {self.source!r}: picture {number} is {picture.shape[:2]} and its mask {mask.shape}")
        known = mask[mask != VOID]
        if known.size and known.max() >= len(self.class_names):
            raise ValueError(
                f"source {self.source!r}: the mask of picture {number} has the class {known.max()}, but there are "
                f"{len(self.class_names)} class names; pixels without a class are {VOID}"
            )
        return picture, mask

    def read_fitted(self, index: int, size: tuple[int, int]) -> tuple[np.ndarray, int]:
        """The square centre of picture and mask, resized; see `read_cropped`."""
        return self.read_cropped(index, size, square_centre)

    def read_cropped(self, index: int, size: tuple[int, int], choose: ChooseBox) -> tuple[np.ndarray, int]:
        """The part of picture and mask that `choose` gives for their height and width, resized to (height, width).

        Returns:
            uint8 (height, width, 4): red, green, blue, and the class plus one, 0 where none is known. And 0, in the place of the
            class that a whole picture has in other data sets.
        """
        picture, mask = self.read(index)
        box = choose(*mask.shape)
        # In 8 bits 255 plus one is 0: what padding brings in is void.
        behind = cut_classes(mask, box, size) + np.uint8(1)
        return np.concatenate([resized_crop(picture, box, size), behind[..., None]], axis=-1), 0

    def instead(self, index: int, read: Callable[[int], T]) -> T:
        """What `read` gives; a picture that cannot be read stops it."""
        return read(index)
