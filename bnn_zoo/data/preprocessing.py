"""From pictures of any size to the batch of numbers that a network takes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from bnn_zoo._keras import tf
from bnn_zoo.data.picture_arrays import checked_pictures
from bnn_zoo.data.preprocessing_settings import Preprocessing

# Values (a source or a target picture's) resized at a time: bounds what is held besides the result to about 64 MiB.
_VALUES_AT_A_TIME = 2**24


def apply_preprocessing(images: np.ndarray | Sequence[np.ndarray], preprocessing: Preprocessing) -> np.ndarray:
    """Crops, resizes and normalises pictures as a network was trained to see them.

    TensorFlow is loaded only if a picture has to be resized.

    Args:
        images: uint8 RGB of shape (batch, height, width, 3) or (height, width, 3), values 0..255, or a list of
            arrays (height, width, 3) of any sizes. Pictures of one size are resized together.
        preprocessing: what to do, for instance `IMAGENET`, `CIFAR10` or a weight set's own.

    Returns:
        float32 array (batch, height, width, 3) of `preprocessing.input_size`, with `mean` and `std` applied. A single
        picture gives a batch of one, an empty list a batch of none.

    Raises:
        ValueError: `images` are not uint8, not RGB with channels last, or have no pixels.
    """
    pictures = checked_pictures(images)
    height, width = preprocessing.input_size
    batch = np.empty((len(pictures), height, width, 3), np.float32)
    for indices in _batches_of_one_size(pictures, height * width * 3):
        squares = _crop_and_resize([pictures[index] for index in indices], preprocessing)
        _normalize(batch, indices, squares, preprocessing)
    return batch


def normalized(images: np.ndarray | Sequence[np.ndarray], preprocessing: Preprocessing) -> np.ndarray:
    """Pictures of one size, whole and as large as they are, with mean and standard deviation applied.

    Args:
        images: as `apply_preprocessing` takes them.
        preprocessing: gives mean and standard deviation.

    Returns:
        float32 array (batch, height, width, 3).

    Raises:
        ValueError: `images` are not uint8, not RGB with channels last, have no pixels, or are of several sizes.
    """
    pictures = checked_pictures(images)
    sizes = {picture.shape[:2] for picture in pictures}
    if len(sizes) > 1:
        raise ValueError(
            f"the pictures are of the sizes {sorted(sizes)[:3]}; a batch takes pictures of one size: give them one by one."
        )
    if not sizes:
        return np.empty((0, *preprocessing.input_size, 3), np.float32)
    batch = np.empty((len(pictures), *sizes.pop(), 3), np.float32)
    _normalize(batch, range(len(pictures)), pictures, preprocessing)
    return batch


def _normalize(batch: np.ndarray, places: Iterable[int], pictures: Iterable[np.ndarray], preprocessing: Preprocessing) -> None:
    height, width = batch.shape[1:3]
    # Means are scaled to 0..255 in float64 and then rounded, the order of the original.
    mean, std = (np.tile(np.float32(np.multiply(share, 255.0)), width) for share in (preprocessing.mean, preprocessing.std))
    for place, picture in zip(places, pictures, strict=True):
        # Picture by picture, row by row: it stays in the cache, and three channels at a time would take numpy long.
        rows = batch[place].reshape(height, width * 3)
        rows[...] = picture.reshape(rows.shape)
        rows -= mean
        rows /= std


def _crop_and_resize(pictures: Sequence[np.ndarray], preprocessing: Preprocessing) -> Sequence[np.ndarray]:
    """Pictures of one size, uint8 where that is the size asked for, else float32."""
    squares = [_square_centre(picture, preprocessing.crop) for picture in pictures]
    size = list(preprocessing.input_size)
    if list(squares[0].shape[:2]) == size:
        return squares
    # These operations exist on the CPU only; saying so spares a copy to a GPU and back.
    with tf.device("/CPU:0"):
        if preprocessing.interpolation == "bicubic":
            resized = tf.raw_ops.ResizeBicubic(images=np.stack(squares), size=size, align_corners=False, half_pixel_centers=False)
        else:
            method = preprocessing.interpolation.removesuffix("_antialias")
            resized = tf.image.resize(np.stack(squares), size, method=method, antialias=True)
        return resized.numpy()  # type: ignore[no-any-return]


def _square_centre(picture: np.ndarray, share: float) -> np.ndarray:
    height, width = picture.shape[:2]
    # float32, and the truncation, decide the last pixel: both are the original's. It has no answer for a picture of
    # which less than a pixel would be kept.
    side = max(1, int(np.float32(share) * np.float32(min(height, width))))
    top, left = (height - side + 1) // 2, (width - side + 1) // 2
    return picture[top : top + side, left : left + side]


def _batches_of_one_size(pictures: Sequence[np.ndarray] | np.ndarray, target_values: int) -> Iterator[list[int]]:
    by_shape: dict[tuple[int, ...], list[int]] = {}
    for index, picture in enumerate(pictures):
        by_shape.setdefault(picture.shape, []).append(index)
    for shape, indices in by_shape.items():
        step = max(1, _VALUES_AT_A_TIME // max(math.prod(shape), target_values))
        for start in range(0, len(indices), step):
            yield indices[start : start + step]
