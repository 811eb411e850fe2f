"""What is done to a picture before a network sees it, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

import numpy as np

from bnn_zoo._argument_checks import are_counts

Interpolation = Literal["bicubic", "bicubic_antialias", "bilinear_antialias"]


def _checked_size(value: Any) -> tuple[int, int]:
    if not are_counts(value, 2):
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
