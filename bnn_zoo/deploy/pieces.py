"""Pictures as the backends take them, in batches."""

from __future__ import annotations

from typing import Any

import numpy as np

from bnn_zoo._argument_checks import is_count
from bnn_zoo._caller import warn_caller


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
        warn_caller("images are uint8; a network of the zoo takes what bnn_zoo.preprocess(pictures, model) makes of them.")
    array = np.ascontiguousarray(images, np.float32)
    wanted = ("batch", *(side or name for side, name in zip(shape, ("height", "width", "channels"), strict=True)))
    fits = array.ndim == 4 and all(side is None or side == given for side, given in zip(shape, array.shape[1:], strict=True))
    if not fits:
        raise ValueError(
            f"images has the shape {array.shape}; this network takes ({', '.join(map(str, wanted))}). "
            "bnn_zoo.preprocess(pictures, model) gives that shape; for one picture add images[None]."
        )
    return array


def check_batch_size(batch_size: int) -> None:
    """Refuses what is no number of pictures.

    Raises:
        ValueError: naming what was given.
    """
    if not is_count(batch_size):
        raise ValueError(f"batch_size is {batch_size!r}; it must be a whole number above 0.")


def batches(count: int, batch_size: int) -> list[slice]:
    """Slices over `count` pictures: of `batch_size`, and one of the rest.

    Raises:
        ValueError: if `batch_size` is no whole number above 0.
    """
    check_batch_size(batch_size)
    return [slice(start, min(start + int(batch_size), count)) for start in range(0, count, int(batch_size))]


def filled(pictures: np.ndarray, size: int) -> np.ndarray:
    """Pictures, (batch, height, width, channels), and black ones behind them, `size` together."""
    missing = size - len(pictures)
    return np.concatenate([pictures, np.zeros((missing, *pictures.shape[1:]), pictures.dtype)]) if missing else pictures


def sized_batches(count: int, batch_size: int) -> list[tuple[slice, int]]:
    """Slices over `count` pictures, and to how many each is to be filled up: `batch_size`, or a power of two below it.

    So that a backend which compiles for each size has few to compile, whatever the rests are.

    Raises:
        ValueError: if `batch_size` is no whole number above 0.
    """
    pieces = []
    for part in batches(count, batch_size):
        start = part.start
        while rest := part.stop - start:
            above = min(int(batch_size), 1 << (rest - 1).bit_length())
            below = 1 << (rest.bit_length() - 1)
            # Pictures that fill up cost their time in each call, a further size its compilation in the first one.
            taken, size = (rest, above) if 5 * rest >= 4 * above else (below, below)
            pieces.append((slice(start, start + taken), size))
            start += taken
    return pieces
