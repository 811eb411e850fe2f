"""What is done to training pictures so that the network never sees one twice alike; decided by numbers from outside."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

from bnn_zoo._keras import Tensor, tf
from bnn_zoo.data.resizing import Box

_TRIES = 10
#: How many random numbers `random_box` takes.
BOX_DRAWS = 4 * _TRIES


def crop_and_flip(images: Tensor, seed: Any, padding: Literal["zeros", "reflection"] = "zeros") -> Tensor:
    """Shifts each picture by up to an eighth of its size and mirrors half of them.

    Args:
        images: (batch, height, width, channels).
        seed: two integers; the same ones do the same.
        padding: what comes in at the edges; a reflection does not repeat the outermost pixels.

    Returns:
        The same shape and type.
    """
    batch, (height, width) = tf.shape(images)[0], images.shape[1:3]
    top, left = height // 8, width // 8
    mode = "REFLECT" if padding == "reflection" else "CONSTANT"
    padded = tf.pad(images, [[0, 0], [top, top], [left, left], [0, 0]], mode)
    down, right, mirror = tf.unstack(tf.random.stateless_uniform([3, batch, 1], seed))
    rows = tf.cast(down * (2 * top + 1), tf.int32) + tf.range(height)
    columns = tf.cast(right * (2 * left + 1), tf.int32) + tf.range(width)
    mirrored = mirror < 0.5
    columns = tf.where(mirrored, tf.reverse(columns, [1]), columns)
    shifted = tf.gather(padded, rows, batch_dims=1)
    return tf.reshape(tf.gather(shifted, columns, axis=2, batch_dims=1), tf.shape(images))


def cutout(images: Tensor, share: float, seed: Any) -> Tensor:
    """Sets a square of each picture to zero; its centre is any pixel, so that part of it may lie outside.

    Args:
        images: (batch, height, width, channels), normalized: zero is the mean colour.
        share: side of the square, as a share of height and of width.
        seed: two integers; the same ones do the same.

    Returns:
        The same shape and type.

    Source:
        Improved Regularization of Convolutional Neural Networks with Cutout (DeVries & Taylor 2017, arXiv 1708.04552).
    """
    centres = tf.random.stateless_uniform([2, tf.shape(images)[0], 1], seed)
    rows, columns = (_hidden(share, length, centre) for length, centre in zip(images.shape[1:3], tf.unstack(centres), strict=True))
    return tf.where((rows[:, :, None] & columns[:, None, :])[..., None], tf.zeros_like(images), images)


def _hidden(share: float, length: int, centre: Tensor) -> Tensor:
    """Which of `length` rows or columns lie in the square, (batch, length), for centres in [0, 1), (batch, 1)."""
    side = round(share * length)
    first = tf.cast(centre * length, tf.int32) - side // 2
    places = tf.range(length)
    return (places >= first) & (places < first + side)


def random_box(height: int, width: int, draws: Sequence[float]) -> Box:
    """A part of a picture of any size and place: of 8 to 100 % of its area, 3:4 to 4:3 in shape.

    Args:
        height: of the picture.
        width: likewise.
        draws: `BOX_DRAWS` random numbers in [0, 1).

    Returns:
        (top, left, height, width) in pixels. Where none of ten boxes has room, the largest in the centre that has an allowed shape.

    Source:
        Going Deeper with Convolutions (Szegedy et al. 2015, arXiv 1409.4842), section 6.
    """
    for share, shape, down, right in zip(*[iter(draws)] * 4, strict=True):
        area = height * width * (0.08 + 0.92 * share)
        ratio = (3 / 4) ** (1 - 2 * shape)  # as often wide as tall
        tall, wide = math.sqrt(area / ratio), math.sqrt(area * ratio)
        if tall <= height and wide <= width:
            return down * (height - tall), right * (width - wide), tall, wide
    tall, wide = min(height, width * 4 / 3), min(width, height * 4 / 3)
    return (height - tall) / 2, (width - wide) / 2, tall, wide
