"""Pictures of bytes to pictures of bytes of another size; for a network's input see `preprocessing`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from PIL import Image

from bnn_zoo.data.images import decode_image, jpeg_size

#: (top, left, height, width), in pixels.
Box: TypeAlias = tuple[float, float, float, float]
#: From a picture's height and width to the part of it that is wanted.
ChooseBox: TypeAlias = Callable[[int, int], Box]


def fitted(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A picture's square centre, resized (bicubic, antialiased).

    Args:
        picture: uint8 (height, width, 3).
        size: (height, width) of the result.
    """
    top, left, side, _ = square_centre(*picture.shape[:2])
    square = picture[top : top + side, left : left + side]
    if square.shape[:2] == tuple(size):
        return square
    return np.asarray(Image.fromarray(square).resize((size[1], size[0]), Image.Resampling.BICUBIC))


def square_centre(height: int, width: int) -> Box:
    """The largest square in the middle of a picture."""
    side = min(height, width)
    return (height - side) // 2, (width - side) // 2, side, side


def resized_crop(picture: np.ndarray, box: Box, size: tuple[int, int]) -> np.ndarray:
    """A part of a picture, resized (bilinear, antialiased).

    Args:
        picture: uint8 (height, width, 3).
        box: inside the picture.
        size: (height, width) of the result.
    """
    top, left, height, width = box
    return np.asarray(
        Image.fromarray(picture).resize((size[1], size[0]), Image.Resampling.BILINEAR, (left, top, left + width, top + height))
    )


def cut_classes(mask: np.ndarray, box: Box, size: tuple[int, int]) -> np.ndarray:
    """A part of a mask, resized; a pixel has the class of the nearest one.

    Args:
        mask: uint8 (height, width).
        box: inside the mask.
        size: (height, width) of the result.
    """
    top, left, height, width = box
    part = (left, top, left + width, top + height)
    return np.asarray(Image.fromarray(mask).resize((size[1], size[0]), Image.Resampling.NEAREST, part))


def decode_crop(data: bytes, name: str, size: tuple[int, int], choose: ChooseBox) -> np.ndarray:
    """Decodes a part of a picture at about the size that is needed, and resizes it; much faster than decoding a large photo whole.

    Args:
        data: the bytes of an encoded picture.
        name: what an error message calls it.
        size: (height, width) of the result.
        choose: says which part.

    Raises:
        ImageError: `data` is no picture, truncated, or a decompression bomb.
    """
    whole = jpeg_size(data)
    if whole is None:
        picture = decode_image(data, name)
        return resized_crop(picture, choose(*picture.shape[:2]), size)
    top, left, height, width = choose(*whole)
    enough = math.ceil(whole[0] * min(1.0, size[0] / height)), math.ceil(whole[1] * min(1.0, size[1] / width))
    picture = decode_image(data, name, enough)
    down, right = picture.shape[0] / whole[0], picture.shape[1] / whole[1]
    return resized_crop(picture, (top * down, left * right, height * down, width * right), size)
