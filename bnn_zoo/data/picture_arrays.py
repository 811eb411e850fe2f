"""Pictures as arrays: what is taken for them, and what is said of anything else."""

from __future__ import annotations

from typing import Any

import numpy as np


def checked_pictures(images: Any) -> np.ndarray | list[np.ndarray]:
    """Pictures as a batch, or as a list where they came in one.

    Args:
        images: as `apply_preprocessing` takes them.

    Raises:
        ValueError: they are not uint8, not RGB with channels last, or have no pixels.
    """
    if isinstance(images, (list, tuple)):
        for index, picture in enumerate(images):
            if not isinstance(picture, np.ndarray):
                raise ValueError(
                    f"images[{index}] is a {type(picture).__name__}; a list has to hold uint8 arrays "
                    "(height, width, 3): read files and Pillow images with bnn_zoo.data.read_image"
                )
            _check_picture(picture, f"images[{index}]", dimensions=(3,))
        return list(images)
    if not hasattr(images, "__array__"):
        raise ValueError(
            f"images is a {type(images).__name__}; it has to be a uint8 array (batch, height, width, 3) or a list of "
            "arrays (height, width, 3): read files and Pillow images with bnn_zoo.data.read_image"
        )
    array = np.asarray(images)
    _check_picture(array, "images", dimensions=(3, 4))
    return array[np.newaxis] if array.ndim == 3 else array


def check_images(images: np.ndarray) -> None:
    """Refuses what are no pictures of a data set.

    Raises:
        ValueError: they are not uint8 RGB (pictures, height, width, 3).
    """
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[-1] != 3:
        raise ValueError(
            f"images has dtype {images.dtype} and shape {images.shape}; it has to be uint8 (pictures, height, width, 3)"
        )


def _check_picture(array: np.ndarray, name: str, dimensions: tuple[int, ...]) -> None:
    received = f"{name} has dtype {array.dtype} and shape {array.shape}"
    shapes = {3: "(height, width, 3)", 4: "(batch, height, width, 3)"}
    allowed = " or ".join(shapes[count] for count in reversed(dimensions))
    if array.dtype != np.uint8:
        advice = "turn it back first, e.g. np.clip(np.rint(x), 0, 255).astype(np.uint8), with x scaled to 0..255"
        raise ValueError(f"{received}; pictures have to be uint8 with values 0..255: {advice}")
    if array.ndim not in dimensions:
        advice = "add the channels of a greyscale picture with np.stack([x] * 3, axis=-1)" if array.ndim == 2 else ""
        advice = advice or "pass one batch, or a list of single pictures"
        raise ValueError(f"{received}; allowed is {allowed}: {advice}")
    if array.shape[-1] != 3:
        if array.shape[-3] == 3:
            advice = "move the channels last with np.moveaxis(x, -3, -1)"
        elif array.shape[-1] == 4:
            advice = "read the file with bnn_zoo.data.read_image, which puts transparent pictures on white"
        elif array.shape[-1] == 1:
            advice = "repeat the grey channel with np.repeat(x, 3, axis=-1)"
        else:
            advice = "read the file with bnn_zoo.data.read_image, which gives RGB"
        raise ValueError(f"{received}; allowed is {allowed}, RGB with channels last: {advice}")
    if 0 in array.shape[-3:-1]:
        raise ValueError(f"{received}; a picture needs at least one pixel: leave it out")
