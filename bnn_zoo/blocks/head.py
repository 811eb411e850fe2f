"""Last layers: from features to probabilities, in full precision."""

from __future__ import annotations

from typing import Any

from bnn_zoo._argument_checks import check_num_classes
from bnn_zoo._keras import Tensor, keras
from bnn_zoo.blocks.binarization import Binarization
from bnn_zoo.blocks.binary import binary_dense
from bnn_zoo.blocks.naming import part
from bnn_zoo.blocks.norm import batch_norm


def global_pool(x: Tensor, *, name: str | None = "head") -> Tensor:
    """The mean over height and width: (batch, height, width, channels) to (batch, channels).

    Where the size is known it is an average pool of that size, which Larq Compute Engine runs much faster than a global one.
    """
    height, width = x.shape[1:3]
    if height is None or width is None:
        return keras.layers.GlobalAveragePooling2D(name=part(name, "pool"))(x)
    x = keras.layers.AveragePooling2D((height, width), name=part(name, "pool"))(x)
    return keras.layers.Flatten(name=part(name, "flatten"))(x)


def probabilities(x: Tensor, *, name: str | None = "head") -> Tensor:
    """Softmax over the last axis, in float32 whatever the network computes in."""
    return keras.layers.Activation("softmax", dtype="float32", name=part(name, "softmax"))(x)


def head(
    x: Tensor,
    num_classes: int,
    *,
    binary: bool = False,
    use_bias: bool = True,
    kernel_initializer: Any = "glorot_normal",
    binarization: Binarization | None = None,
    name: str | None = "head",
) -> Tensor:
    """Global average pool, a dense layer in full precision, softmax.

    Args:
        x: features, (batch, height, width, channels).
        num_classes: how many.
        binary: binarizes the dense layer's inputs and kernel, with batch norm behind it, to measure what that costs.
        use_bias: of the dense layer in full precision.
        kernel_initializer: of the dense layer in full precision.
        binarization: of the binary dense layer.
        name: of the block.

    Returns:
        Probabilities, (batch, num_classes), float32.

    Raises:
        ValueError: if `num_classes` is no whole number above 1.
    """
    check_num_classes(num_classes)
    x = global_pool(x, name=name)
    if binary:
        x = binary_dense(x, num_classes, binarization=binarization, name=part(name, "dense"))
        x = batch_norm(x, binarization, name=part(name, "bn"))
    else:
        x = keras.layers.Dense(num_classes, use_bias=use_bias, kernel_initializer=kernel_initializer, name=part(name, "dense"))(x)
    return probabilities(x, name=name)
