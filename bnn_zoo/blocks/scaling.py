"""Learnt factors behind a binary convolution, as XNOR-Net++ has them."""

from __future__ import annotations

from typing import Literal, TypeAlias

from bnn_zoo._keras import Tensor
from bnn_zoo.blocks.norm_free import channel_gain

Scaling: TypeAlias = Literal["channel", "outer"]


def learnt_scale(x: Tensor, scaling: Scaling | None = "outer", *, name: str | None = None) -> Tensor:
    """Multiplies the integers of a binary convolution by factors that are trained with the network.

    `"channel"` learns one factor for each channel; `"outer"` also one for each row and each column, and multiplies every value by
    its three: the outer product of three vectors. In front of batch norm the factors of channels change only how a network trains,
    those of rows and columns what it can compute.

    Args:
        x: (batch, height, width, channels).
        scaling: `"channel"`, `"outer"`, or None for no factors.
        name: of the layer.

    Returns:
        A tensor of the shape of `x`.

    Raises:
        ValueError: for another `scaling`, or if `"outer"` is to scale a map whose height or width is free.

    Source: XNOR-Net++: Improved Binary Neural Networks, Bulat and Tzimiropoulos, 2019, arXiv 1909.13863.
    """
    if scaling is None:
        return x
    if scaling == "channel":
        return channel_gain(x, name=name)
    if scaling != "outer":
        raise ValueError(f'scaling is {scaling!r}; it must be "channel", "outer", or None.')
    if None in x.shape[1:3]:
        raise ValueError(
            f'scaling="outer" learns a factor for each row and column, but the map is {tuple(x.shape[1:])}: give pictures of a '
            'fixed height and width, or scaling="channel".'
        )
    from bnn_zoo.blocks.channel_layers import OuterScale  # its class needs TensorFlow when defined

    return OuterScale(name=name)(x)
