"""The convolutions of Real-to-Binary: with scales that depend on the input, and its baseline's with learnt ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bnn_zoo._keras import Tensor, keras
from bnn_zoo.blocks.binarization import Binarization
from bnn_zoo.blocks.binary import binary_conv
from bnn_zoo.blocks.head import global_pool
from bnn_zoo.blocks.naming import part
from bnn_zoo.blocks.norm import batch_norm
from bnn_zoo.blocks.scaling import Scaling, learnt_scale
from bnn_zoo.blocks.shortcut import chosen_size, pointwise_shortcut


def channel_gate(x: Tensor, filters: int, *, reduction: int = 8, name: str | None = None) -> Tensor:
    """One scale in (0, 1) for each of `filters` channels, computed from the means of the input's channels.

    Args:
        x: (batch, height, width, channels).
        filters: how many scales.
        reduction: the hidden layer has channels / reduction units.
        name: of the block.

    Returns:
        (batch, 1, 1, filters).
    """
    means = global_pool(x, name=name)
    return gate_from_means(means, filters, reduction=reduction, name=name)


def gate_from_means(
    z: Tensor,
    filters: int,
    *,
    reduction: int = 8,
    use_bias: bool = False,
    name: str | None = None,
) -> Tensor:
    """What `channel_gate` makes of the means: two dense layers, a ReLU between them and a sigmoid behind.

    Args:
        z: (batch, channels).
        filters: how many scales.
        reduction: the hidden layer has channels / reduction units.
        use_bias: of the two dense layers.
        name: of the block.

    Returns:
        (batch, 1, 1, filters).

    Source: Squeeze-and-Excitation Networks, Hu et al., 2017, arXiv 1709.01507.
    """
    options: dict[str, Any] = dict(use_bias=use_bias, kernel_initializer="he_normal")
    z = keras.layers.Dense(max(z.shape[-1] // reduction, 1), activation="relu", name=part(name, "reduce"), **options)(z)
    z = keras.layers.Dense(filters, activation="sigmoid", name=part(name, "expand"), **options)(z)
    return keras.layers.Reshape((1, 1, filters), name=part(name, "reshape"))(z)


def gated_conv(
    x: Tensor,
    filters: int | None = None,
    *,
    strides: int | None = None,
    reduction: int = 8,
    binarization: Binarization | None = None,
    name: str | None = None,
) -> Tensor:
    """Batch norm, a binary 3x3 convolution scaled by a gate, PReLU, and a high-precision shortcut around all.

    Args:
        x: (batch, height, width, channels), real-valued.
        filters: channels of the output; those of `x` if not given.
        strides: pixels; if not given 1 where the channels stay, 2 where they change.
        reduction: of the gate's hidden layer.
        binarization: the network's record.
        name: of the block.

    Returns:
        (batch, height / strides, width / strides, filters), real-valued.

    Source: Training Binary Neural Networks with Real-to-Binary Convolutions, Martinez et al., 2020, arXiv 2003.11535.
    """

    def gated(y: Tensor, normalized: Tensor) -> Tensor:
        gate = channel_gate(normalized, y.shape[-1], reduction=reduction, name=part(name, "gate"))
        return keras.layers.Multiply(name=part(name, "scale"))([y, gate])

    return _rescaled_conv(x, filters, strides, gated, binarization, name)


def scaled_conv(
    x: Tensor,
    filters: int | None = None,
    *,
    strides: int | None = None,
    scaling: Scaling | None = "outer",
    binarization: Binarization | None = None,
    name: str | None = None,
) -> Tensor:
    """Batch norm, a binary 3x3 convolution with learnt factors, PReLU, and a high-precision shortcut around all.

    Args:
        x: (batch, height, width, channels), real-valued.
        filters: channels of the output; those of `x` if not given.
        strides: pixels; if not given 1 where the channels stay, 2 where they change.
        scaling: which factors, see `learnt_scale`.
        binarization: the network's record.
        name: of the block.

    Returns:
        (batch, height / strides, width / strides, filters), real-valued.

    Source: the strong baseline of Training Binary Neural Networks with Real-to-Binary Convolutions, Martinez et al., 2020,
    arXiv 2003.11535.
    """

    def scaled(y: Tensor, normalized: Tensor) -> Tensor:
        return learnt_scale(y, scaling, name=part(name, "scale"))

    return _rescaled_conv(x, filters, strides, scaled, binarization, name)


def _rescaled_conv(
    x: Tensor,
    filters: int | None,
    strides: int | None,
    rescale: Callable[[Tensor, Tensor], Tensor],
    binarization: Binarization | None,
    name: str | None,
) -> Tensor:
    """The two blocks' common part; `rescale` takes what the convolution gives and what it was given."""
    settings = binarization or Binarization()
    filters, strides = chosen_size(x, filters, strides)
    shortcut = x
    if filters != x.shape[-1] or strides != 1:
        shortcut = pointwise_shortcut(x, filters, strides=strides, binarization=settings, name=name)
    normalized = batch_norm(x, settings, name=part(name, "bn"))
    y = binary_conv(normalized, filters, strides=strides, binarization=settings, name=part(name, "conv"))
    y = rescale(y, normalized)
    y = keras.layers.PReLU(shared_axes=[1, 2], name=part(name, "prelu"))(y)
    return keras.layers.Add(name=part(name, "add"))([y, shortcut])
