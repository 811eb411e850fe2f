"""What is taken for a number of things, pictures, their size, a number of classes; numbers may be NumPy's, but no bools."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import is_dataclass
from numbers import Integral, Real
from typing import Any

from bnn_zoo._keras import keras

#: Of a picture: red, green, blue, and how opaque it is.
_MOST_CHANNELS = 4


def is_count(value: Any) -> bool:
    """Whether it is a whole number above 0."""
    return _is_whole(value) and int(value) > 0


def are_counts(values: Any, number: int) -> bool:
    """Whether it is a tuple or list of that many whole numbers above 0."""
    return _are(values, is_count) and len(values) == number


def is_positive(value: Any) -> bool:
    """Whether it is a finite number above 0."""
    return _is_real(value) and math.isfinite(value) and value > 0


def check_input_shape(input_shape: Any, free_sizes: bool) -> None:
    """Refuses what is no (height, width, channels), (channels, height, width) among it.

    Args:
        input_shape: what was given.
        free_sizes: whether height and width may be None.

    Raises:
        ValueError: naming what was given.
    """
    sized = input_shape
    if free_sizes and isinstance(input_shape, (tuple, list)):
        sized = [1 if side is None else side for side in input_shape[:2]] + list(input_shape[2:])
    if not are_counts(sized, 3):
        raise ValueError(f"input_shape is {input_shape!r}; it must be (height, width, channels), as in (224, 224, 3).")
    first, _, last = input_shape
    if first in (1, 3) and last > _MOST_CHANNELS:  # a network would be built that takes no picture
        raise ValueError(
            f"input_shape is {input_shape!r}, which has its channels first; it must be (height, width, channels), as in "
            f"{(*input_shape[1:], first)}."
        )


def check_input_tensor(input_tensor: Any) -> None:
    """Refuses what is no Keras tensor of pictures, fractions, that a model can begin with.

    Raises:
        ValueError: naming what was given.
    """
    try:
        symbolic = keras.backend.is_keras_tensor(input_tensor)
    except ValueError:  # how Keras answers for what is no tensor at all
        symbolic = False
    if not symbolic or input_tensor.shape.rank != 4 or input_tensor.shape[-1] is None:
        shown = " ".join(repr(input_tensor).split())[:100]  # an array's has many lines
        raise ValueError(
            f"input_tensor is {shown}; it must be a Keras tensor of pictures, (batch, height, width, channels), as "
            "keras.Input((224, 224, 3)) is."
        )
    around = "build the network with input_shape and call it on the tensor: keras.Model(inputs, network(tensor))."
    if not input_tensor.dtype.is_floating:
        raise ValueError(
            f"input_tensor is of {input_tensor.dtype.name}; a network takes floating numbers. Cast it, as with "
            f"keras.layers.Rescaling(1 / 255)(tensor); {around}"
        )
    if keras.utils.get_source_inputs(input_tensor)[0] is not input_tensor:
        # Keras would let the model begin here, and silently leave out the layers before.
        layer = input_tensor.node.layer.name
        raise ValueError(f"input_tensor is what layer {layer!r} gives; it must be a keras.Input. For layers before it {around}")


def check_num_classes(num_classes: Any) -> None:
    """Refuses what is no number of classes.

    Raises:
        ValueError: naming what was given.
    """
    if not is_count(num_classes):
        raise ValueError(f"num_classes is {num_classes!r}; it must be a whole number above 0.")
    if num_classes == 1:
        raise ValueError("num_classes is 1; probabilities add up to 1, so that a single class would always have all of it: take 2.")


def check_like(name: str, value: Any, usual: Any) -> None:
    """Refuses what is of another kind than the usual value, where that is a number, several of them, or a record.

    Args:
        name: of the argument.
        value: what was given.
        usual: the default.

    Raises:
        ValueError: naming what was given.
    """
    if name == "section_blocks":  # of which some may be empty
        whole = _are(value, _is_whole) and all(number >= 0 for number in value)
        fits, wanted = whole and (not value or any(value)), "whole numbers, not all of them 0"
    elif _is_whole(usual):
        fits, wanted = is_count(value), "a whole number above 0"
    elif _is_real(usual):
        fits, wanted = is_positive(value), "a number above 0"
    elif _are(usual, _is_whole):
        fits, wanted = _are(value, is_count), "whole numbers above 0"
    elif _are(usual, _is_real):
        fits, wanted = _are(value, is_positive), "numbers above 0"
    elif is_dataclass(usual):
        fits, wanted = isinstance(value, type(usual)), f"a {type(usual).__name__}"
    else:
        return
    if not fits:
        example = "" if is_dataclass(usual) else f", as in {usual}"
        raise ValueError(f"{name} is {value!r:.60}; it must be {wanted}{example}.")


def _are(values: Any, holds: Callable[[Any], bool]) -> bool:
    return isinstance(values, (tuple, list)) and all(map(holds, values))


def _is_whole(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _is_real(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
