"""From pictures of any size to the batch of numbers that a network takes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

import numpy as np

from bnn_zoo._keras import tf

Interpolation = Literal["bicubic", "bicubic_antialias", "bilinear_antialias"]

# Values (a source or a target picture's) resized at a time: bounds what is held besides the result to about 64 MiB.
_VALUES_AT_A_TIME = 2**24


def _checked_size(value: Any) -> tuple[int, int]:
    if (
        not isinstance(value, (list, tuple))
        or len(value) != 2
        or not all(isinstance(side, (int, np.integer)) and not isinstance(side, bool) and side > 0 for side in value)
    ):
        raise _wrong("input_size", value, "two whole numbers above 0, (height, width)")
    return int(value[0]), int(value[1])


def _checked_crop(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not 0.0 < value <= 1.0:
        raise _wrong("crop", value, "a number above 0, at most 1 (1.0 keeps the largest square)")
    return float(value)


def _checked_channels(field: str, value: Any) -> tuple[float, float, float]:
    if (
        not isinstance(value, (list, tuple))
        or len(value) != 3
        or not all(isinstance(number, (int, float, np.number)) and not isinstance(number, bool) for number in value)
    ):
        raise _wrong(field, value, "three numbers, for red, green and blue")
    return float(value[0]), float(value[1]), float(value[2])


def _wrong(field: str, value: Any, allowed: str) -> ValueError:
    return ValueError(f"preprocessing field {field} is {value!r}; it has to be {allowed}")


@dataclass(frozen=True)
class Preprocessing:
    """What is done to a picture before a network sees it: square centre crop, resize, normalise.

    Attributes:
        input_size: (height, width) of the network's input, in pixels.
        crop: share of the picture's short side that the square centre crop keeps; 1.0 is the largest square.
        interpolation: "bicubic" is TensorFlow's legacy bicubic (Keys' kernel with a = -0.75, corners at pixel 0, no
            antialiasing), with which the ImageNet weights of larq-zoo were trained; "bicubic_antialias" and
            "bilinear_antialias" are `tf.image.resize` with `antialias=True`.
        mean: mean of the red, green and blue channel that is subtracted, in units of 0..1.
        std: standard deviation of each channel that is divided by, in units of 0..1.

    Raises:
        ValueError: a field has a value it cannot take; the message names the field.
    """

    input_size: tuple[int, int]
    crop: float
    interpolation: Interpolation
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    def __post_init__(self) -> None:
        # Frozen fields are set through object: lists (from JSON) become tuples, so that equal settings compare equal.
        object.__setattr__(self, "input_size", _checked_size(self.input_size))
        object.__setattr__(self, "crop", _checked_crop(self.crop))
        if self.interpolation not in get_args(Interpolation):
            raise _wrong("interpolation", self.interpolation, "one of " + ", ".join(map(repr, get_args(Interpolation))))
        mean, std = _checked_channels("mean", self.mean), _checked_channels("std", self.std)
        if not all(0.0 <= value <= 1.0 for value in mean):
            raise _wrong("mean", self.mean, "three numbers from 0 to 1 (divide by 255 if they are in 0..255)")
        if not all(0.0 < value <= 1.0 for value in std):
            raise _wrong("std", self.std, "three numbers above 0, at most 1 (divide by 255 if they are in 0..255)")
        object.__setattr__(self, "mean", mean)
        object.__setattr__(self, "std", std)

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> Preprocessing:
        """Makes the settings from plain data, as config.json holds them.

        Args:
            settings: every field by name; lists where the fields are tuples.

        Raises:
            ValueError: a field is missing, unknown or has a wrong value; the message names it.
        """
        names = [field.name for field in fields(cls)]
        if not isinstance(settings, Mapping):
            raise ValueError(
                f"preprocessing is {settings!r}; it has to be a mapping (a JSON object) with the fields {', '.join(names)}"
            )
        missing = [name for name in names if name not in settings]
        if missing:
            raise ValueError(f"preprocessing lacks {', '.join(missing)}; its fields are {', '.join(names)}")
        unknown = [str(name) for name in settings if name not in names]
        if unknown:
            raise ValueError(
                f"preprocessing has the unknown field {', '.join(unknown)}; its fields are {', '.join(names)}: "
                "remove it or correct its name"
            )
        return cls(**settings)

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain data (lists, numbers, strings), ready for JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


IMAGENET = Preprocessing(
    input_size=(224, 224),
    crop=224 / 256,
    interpolation="bicubic",
    mean=(0.485, 0.456, 0.406),
    std=(0.229, 0.224, 0.225),
)
CIFAR10 = Preprocessing(
    input_size=(32, 32),
    crop=1.0,
    interpolation="bicubic_antialias",
    mean=(0.4914, 0.4822, 0.4465),
    std=(0.2470, 0.2435, 0.2616),
)


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
    pictures = _checked_pictures(images)
    height, width = preprocessing.input_size
    batch = np.empty((len(pictures), height, width, 3), np.float32)
    for indices in _batches_of_one_size(pictures, height * width * 3):
        batch[indices] = _crop_and_resize(np.stack([pictures[index] for index in indices]), preprocessing)
    # In place: ten thousand pictures are not copied for the sake of a subtraction. Means are scaled to 0..255 in
    # float64 and then rounded, the order of the original.
    batch -= np.float32(np.multiply(preprocessing.mean, 255.0))
    batch /= np.float32(np.multiply(preprocessing.std, 255.0))
    return batch


def _crop_and_resize(pictures: np.ndarray, preprocessing: Preprocessing) -> np.ndarray:
    square = _square_centre(pictures, preprocessing.crop)
    size = list(preprocessing.input_size)
    if list(square.shape[1:3]) == size:
        return square
    # These operations exist on the CPU only; saying so spares a copy to a GPU and back.
    with tf.device("/CPU:0"):
        if preprocessing.interpolation == "bicubic":
            resized = tf.raw_ops.ResizeBicubic(images=square, size=size, align_corners=False, half_pixel_centers=False)
        else:
            method = preprocessing.interpolation.removesuffix("_antialias")
            resized = tf.image.resize(square, size, method=method, antialias=True)
        return resized.numpy()


def _square_centre(pictures: np.ndarray, share: float) -> np.ndarray:
    height, width = pictures.shape[1:3]
    # float32, and the truncation, decide the last pixel: both are the original's. It has no answer for a picture of
    # which less than a pixel would be kept.
    side = max(1, int(np.float32(share) * np.float32(min(height, width))))
    top, left = (height - side + 1) // 2, (width - side + 1) // 2
    return pictures[:, top : top + side, left : left + side]


def _batches_of_one_size(pictures: Sequence[np.ndarray] | np.ndarray, target_values: int) -> Iterator[list[int]]:
    by_shape: dict[tuple[int, ...], list[int]] = {}
    for index, picture in enumerate(pictures):
        by_shape.setdefault(picture.shape, []).append(index)
    for shape, indices in by_shape.items():
        step = max(1, _VALUES_AT_A_TIME // max(math.prod(shape), target_values))
        for start in range(0, len(indices), step):
            yield indices[start : start + step]


def _checked_pictures(images: Any) -> np.ndarray | list[np.ndarray]:
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
