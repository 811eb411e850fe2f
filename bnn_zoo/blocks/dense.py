"""Blocks that grow the features instead of replacing them: Binary DenseNet and MeliusNet."""

from __future__ import annotations

from typing import Any, Literal

from bnn_zoo._keras import Tensor, keras
from bnn_zoo.blocks.binarization import Binarization
from bnn_zoo.blocks.binary import binary_conv
from bnn_zoo.blocks.naming import part
from bnn_zoo.blocks.norm import batch_norm
from bnn_zoo.blocks.real import grouped_conv, real_conv

#: Parts from which a grouped transition takes its channels in turn, however many groups its convolution has.
SHUFFLED_PARTS = 16


def _new_features(x: Tensor, filters: int, dilation_rate: int, binarization: Binarization | None, name: str | None) -> Tensor:
    x = batch_norm(x, binarization, name=part(name, "bn"))
    return binary_conv(x, filters, dilation_rate=dilation_rate, binarization=binarization, name=part(name, "conv"))


def dense_block(
    x: Tensor,
    growth_rate: int = 64,
    *,
    dilation_rate: int = 1,
    binarization: Binarization | None = None,
    name: str | None = None,
) -> Tensor:
    """Batch norm and a binary 3x3 convolution, whose output is concatenated to its input.

    Args:
        x: (batch, height, width, channels).
        growth_rate: how many channels are added.
        dilation_rate: of the convolution, pixels.
        binarization: the network's record.
        name: of the block.

    Returns:
        (batch, height, width, channels + growth_rate).

    Source: Back to Simplicity: How to Train Accurate BNNs from Scratch?, Bethge et al., 2019, arXiv 1906.08637.
    """
    new = _new_features(x, growth_rate, dilation_rate, binarization, name)
    return keras.layers.Concatenate(name=part(name, "concat"))([x, new])


def improvement_block(x: Tensor, filters: int = 64, *, binarization: Binarization | None = None, name: str | None = None) -> Tensor:
    """Batch norm and a binary 3x3 convolution, whose output is added to the newest channels of its input.

    Args:
        x: (batch, height, width, channels).
        filters: how many of the last channels are improved; at most `channels`.
        binarization: the network's record.
        name: of the block.

    Returns:
        (batch, height, width, channels).

    Raises:
        ValueError: if `x` has fewer channels than `filters`.

    Source: MeliusNet, Bethge et al., 2020, arXiv 2001.05936.
    """
    from bnn_zoo.blocks.layers import AddToLastChannels  # its class needs TensorFlow when defined

    if filters > x.shape[-1]:
        raise ValueError(f"filters is {filters}, more than the {x.shape[-1]} channels there are to improve.")
    improvement = _new_features(x, filters, 1, binarization, name)
    return AddToLastChannels(name=part(name, "add"))([x, improvement])


def transition_block(
    x: Tensor,
    filters: int,
    *,
    pool: bool = True,
    pool_padding: Literal["same", "valid"] = "same",
    groups: int = 1,
    kernel_initializer: Any = "glorot_normal",
    binarization: Binarization | None = None,
    name: str | None = None,
) -> Tensor:
    """Between two dense sections: batch norm, max-pool, ReLU, and a high-precision 1x1 convolution to fewer channels.

    Args:
        x: (batch, height, width, channels).
        filters: channels of the output.
        pool: False keeps height and width, where the next section is dilated instead.
        pool_padding: `"valid"` drops the last row and column of an odd height or width; `"same"` keeps them.
        groups: of the 1x1 convolution; where there is more than one, the channels are shuffled before it.
        kernel_initializer: of the 1x1 convolution.
        binarization: gives the settings of batch norm.
        name: of the block.

    Returns:
        (batch, height / 2, width / 2, filters).

    Raises:
        ValueError: if the channels cannot be divided into the groups, or not into 16 parts to be shuffled.

    Source: Back to Simplicity: How to Train Accurate BNNs from Scratch?, Bethge et al., 2019, arXiv 1906.08637; in groups
    MeliusNet, Bethge et al., 2020, arXiv 2001.05936.
    """
    x = batch_norm(x, binarization, name=part(name, "bn"))
    if pool:
        x = keras.layers.MaxPooling2D(2, padding=pool_padding, name=part(name, "pool"))(x)
    x = keras.layers.ReLU(name=part(name, "relu"))(x)
    if groups == 1:
        return real_conv(x, filters, 1, kernel_initializer=kernel_initializer, name=part(name, "conv"))
    from bnn_zoo.blocks.layers import ChannelShuffle  # its class needs TensorFlow when defined

    if x.shape[-1] % SHUFFLED_PARTS:
        raise ValueError(f"{x.shape[-1]} channels cannot be shuffled; with groups={groups} they must be a multiple of 16.")
    x = ChannelShuffle(SHUFFLED_PARTS, name=part(name, "shuffle"))(x)
    return grouped_conv(x, filters, 1, groups, kernel_initializer=kernel_initializer, name=part(name, "conv"))
