"""RandAugment: a few of fifteen simple operations on each picture, chosen at random, all of one strength.

Source: RandAugment: Practical automated data augmentation with a reduced search space, Cubuk et al., 2019, arXiv 1909.13719; the
operations, and how strong they are at a magnitude, as BNext trains with them: "rand-m7-mstd0.5-inc1" of the timm library.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import Any, TypeAlias

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from bnn_zoo._keras import Tensor, tf

_OPERATIONS_A_PICTURE = 2
_DEVIATION = 0.5
_SHARE_DONE = 0.5
#: Random numbers that an operation takes: which one, whether, its magnitude and its sign.
_DRAWS = 4

#: Fill of what comes in from outside.
Colour: TypeAlias = tuple[int, int, int]
#: From a picture, a strength in [0, 1], a sign (+1 or -1) and the fill to a picture of the same size.
Operation: TypeAlias = Callable[[Image.Image, float, int, Colour], Image.Image]


def rand_augment(images: Tensor, magnitude: float, seed: Any, mean: Sequence[float]) -> Tensor:
    """Does two operations to each picture, each of them with probability one half.

    Args:
        images: uint8 (batch, height, width, 3).
        magnitude: 0 to 10; that of an operation is normally distributed around it, with deviation 0.5.
        seed: two integers; the same ones do the same.
        mean: colour, in [0, 1], of what comes in from outside.

    Returns:
        The same shape and type.
    """
    fill = tuple(round(255 * value) for value in mean)
    draws = tf.random.stateless_uniform([tf.shape(images)[0], _OPERATIONS_A_PICTURE, _DRAWS], seed)

    def augment(pictures: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        return np.stack([_augmented(*pair, magnitude, fill) for pair in zip(pictures, numbers.tolist(), strict=True)])

    return tf.ensure_shape(tf.numpy_function(augment, [images, draws], tf.uint8, stateful=False), images.shape)


def _augmented(picture: np.ndarray, draws: list[list[float]], magnitude: float, fill: Any) -> np.ndarray:
    image = Image.fromarray(picture)
    for which, whether, size, side in draws:
        if whether < _SHARE_DONE:
            # A uniform number may be 0, where the distribution has no value.
            drawn = NormalDist(magnitude, _DEVIATION).inv_cdf(min(max(size, 1e-6), 1 - 1e-6))
            operation = OPERATIONS[int(which * len(OPERATIONS))]
            image = operation(image, min(max(drawn / 10, 0.0), 1.0), 1 if side < 0.5 else -1, fill)
    return np.asarray(image)


def _moved(image: Image.Image, matrix: tuple[float, ...], fill: Colour) -> Image.Image:
    return image.transform(image.size, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC, fillcolor=fill)


def _enhanced(kind: Callable[[Image.Image], Any]) -> Operation:
    def enhance(image: Image.Image, strength: float, sign: int, fill: Colour) -> Image.Image:
        enhanced: Image.Image = kind(image).enhance(max(0.1, 1 + sign * 0.9 * strength))
        return enhanced

    return enhance


def _brighter_shadows(image: Image.Image, strength: float, sign: int, fill: Colour) -> Image.Image:
    added = int(110 * strength)
    return image.point([min(255, value + added) if value < 128 else value for value in range(256)] * 3)


#: Autocontrast, equalize, invert, rotate, posterize, solarize, solarize by adding; colour, contrast, brightness, sharpness; shear
#: and translate along both axes.
OPERATIONS: tuple[Operation, ...] = (
    lambda image, strength, sign, fill: ImageOps.autocontrast(image),
    lambda image, strength, sign, fill: ImageOps.equalize(image),
    lambda image, strength, sign, fill: ImageOps.invert(image),
    lambda image, strength, sign, fill: image.rotate(sign * 30 * strength, Image.Resampling.BICUBIC, fillcolor=fill),
    lambda image, strength, sign, fill: _posterized(image, 4 - int(4 * strength)),
    lambda image, strength, sign, fill: ImageOps.solarize(image, 256 - int(256 * strength)),
    _brighter_shadows,
    _enhanced(ImageEnhance.Color),
    _enhanced(ImageEnhance.Contrast),
    _enhanced(ImageEnhance.Brightness),
    _enhanced(ImageEnhance.Sharpness),
    lambda image, strength, sign, fill: _moved(image, (1, sign * 0.3 * strength, 0, 0, 1, 0), fill),
    lambda image, strength, sign, fill: _moved(image, (1, 0, 0, sign * 0.3 * strength, 1, 0), fill),
    lambda image, strength, sign, fill: _moved(image, (1, 0, sign * 0.45 * strength * image.width, 0, 1, 0), fill),
    lambda image, strength, sign, fill: _moved(image, (1, 0, 0, 0, 1, sign * 0.45 * strength * image.height), fill),
)


def _posterized(image: Image.Image, bits: int) -> Image.Image:
    mask = 256 - 2 ** (8 - bits)
    return image.point([value & mask for value in range(256)] * 3)
