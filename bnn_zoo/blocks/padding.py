"""Where "same" padding puts odd pixels."""

from __future__ import annotations

from typing import Any

from bnn_zoo._keras import keras, larq
from bnn_zoo.blocks.binarization import Binarization


def aligned(layer: Any, binarization: Binarization | None, padding: str = "same") -> Any:
    """The layer that pads as the record says.

    Args:
        layer: `keras.layers.Conv2D`, `larq.layers.QuantConv2D` or `keras.layers.MaxPooling2D`, which pad odd pixels at the end.
        binarization: says how padding is aligned; at the end without one.
        padding: the layer's, `"same"` or `"valid"`, in capitals too, as Keras takes them.

    Returns:
        The layer itself, or one that takes the same arguments and pads both sides alike.
    """
    if padding.lower() != "same" or binarization is None or binarization.padding_alignment == "end":
        return layer
    from bnn_zoo.blocks.layers import SymmetricMaxPooling2D, SymmetricQuantConv2D  # their classes need TensorFlow when defined

    # Without quantizers, larq's convolution is Keras's.
    symmetric = {
        keras.layers.Conv2D: SymmetricQuantConv2D,
        larq.layers.QuantConv2D: SymmetricQuantConv2D,
        keras.layers.MaxPooling2D: SymmetricMaxPooling2D,
    }
    return symmetric[layer]
