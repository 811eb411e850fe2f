"""PReLU as the networks that come from PyTorch have it."""

from __future__ import annotations

from bnn_zoo._keras import Tensor, keras
from bnn_zoo.blocks.naming import part


def prelu(x: Tensor, *, name: str | None = None) -> Tensor:
    """PReLU with a slope for each channel, at first 0.25.

    Args:
        x: (batch, height, width, channels).
        name: of the block.

    Returns:
        A tensor of the shape of `x`.

    Source: Delving Deep into Rectifiers, He et al., 2015, arXiv 1502.01852.
    """
    return keras.layers.PReLU(keras.initializers.Constant(0.25), shared_axes=[1, 2], name=part(name, "prelu"))(x)
