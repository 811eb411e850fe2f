"""Cutting many pictures into batches of few different sizes."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np


def checked_images(images: Any, shape: tuple[int | None, ...]) -> np.ndarray:
    """Pictures as float32, (batch, height, width, channels).

    Args:
        images: an array, or something that NumPy makes one of.
        shape: what the network takes, (height, width, channels); None where a size is free.

    Raises:
        ValueError: if they have another shape.

    Warns:
        if they are bytes, as pictures are before `preprocess`.
    """
    if getattr(images, "dtype", None) == np.uint8:
        warnings.warn(
            "images are uint8; a network of the zoo takes what bnn_zoo.preprocess(pictures, model) makes of them.", stacklevel=3
        )
    array = np.ascontiguousarray(images, np.float32)
    wanted = ("batch", *(side or name for side, name in zip(shape, ("height", "width", "channels"), strict=True)))
    fits = array.ndim == 4 and all(side is None or side == given for side, given in zip(shape, array.shape[1:], strict=True))
    if not fits:
        raise ValueError(
            f"images has the shape {array.shape}; this network takes ({', '.join(map(str, wanted))}). "
            "bnn_zoo.preprocess(pictures, model) gives that shape; for one picture add images[None]."
        )
    return array


def batches(count: int, batch_size: int) -> Iterator[slice]:
    """Slices over `count` pictures: of `batch_size`, and for the rest of powers of two, so that few sizes must be compiled.

    Raises:
        ValueError: if `batch_size` is below 1.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; it must be a whole number above 0.")
    start = 0
    while start < count:
        rest = count - start
        size = batch_size if rest >= batch_size else 1 << (rest.bit_length() - 1)
        yield slice(start, start + size)
        start += size
