"""What to do about pictures of a size that a network cannot take."""

from __future__ import annotations

from bnn_zoo._keras import keras
from bnn_zoo.blocks.stem import SMALL_PICTURE, Stem, choose_stem
from bnn_zoo.models.architecture import Architecture

#: By which Keras's and TensorFlow's errors about sizes are known: they have no type of their own.
_ABOUT_SIZE = (
    "Negative dimension",
    "negative dimension",
    "must be > 0",
    "should be > 0",
    "should be defined",
    "Computed output size",
    "dimensions in the output is <= 0",
)


def size_advice(error: ValueError, entry: Architecture, shape: tuple[int | None, ...], stem: Stem | None) -> str | None:
    """An error of building a network, told as one about its pictures' size, with what helps.

    Args:
        error: what Keras or TensorFlow raised.
        entry: the network.
        shape: (height, width, channels) of the pictures.
        stem: that was asked for, if any.

    Returns:
        None if the error is about something else.
    """
    if not any(word in str(error) for word in _ABOUT_SIZE):
        return None
    reason = _reason(error)
    return f"{entry.factory} cannot take pictures of {shape}: {reason} {_advice(entry, shape, reason, stem)}"


def _advice(entry: Architecture, shape: tuple[int | None, ...], reason: str, stem: Stem | None) -> str:
    if "should be defined" in reason:
        return "With include_top=True a network with dense layers needs a fixed size."
    if "stem" not in entry.defaults or choose_stem(keras.Input(shape), stem) == "cifar":
        return "Take larger ones."
    if stem is not None:
        return f'Take larger ones; stem="{stem}" is for large pictures.'
    # The command line takes a size, but no stem.
    return f'Take larger ones, or ones lower than {SMALL_PICTURE}, as 32: their stem reduces less, which stem="cifar" gives to any.'


def _reason(error: Exception) -> str:
    """The sentence of an error that says what is wrong; Keras sets the layer before it, and the layer's inputs behind it."""
    lines = [line for line in str(error).split("\n") if line.strip()]
    said = [line for line in lines if not line.startswith(("Exception encountered", "Call arguments", "  •"))]
    return (said or lines)[-1].partition(" for '{{node")[0][:300].rstrip(".") + "."
