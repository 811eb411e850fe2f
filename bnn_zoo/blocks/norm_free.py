"""Networks without batch norm: standardized kernels, learnt gains, and branches that are weighed instead of normalized."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bnn_zoo._argument_checks import is_positive
from bnn_zoo._keras import Tensor, keras, larq
from bnn_zoo.blocks.binarization import Binarization
from bnn_zoo.blocks.naming import part
from bnn_zoo.blocks.padding import aligned


@dataclass(frozen=True)
class NormFree:
    """How a block without batch norm keeps its features in range.

    Args:
        alpha: weight of the binary branch beside the shortcut; a power of two costs no multiplication.
        variance: of the block's input, as it is expected: the input is divided by its root before it is binarized. In inference the
            learnt threshold can hold that too: the sign of factor * x + bias is that of x + bias / factor.

    Raises:
        ValueError: for a number that is not above 0.

    Source: A&B BNN, Ma et al., 2024, arXiv 2403.03739, after NF-ResNets, Brock et al., 2021, arXiv 2101.08692.
    """

    alpha: float = 0.25
    variance: float = 1.0

    def __post_init__(self) -> None:
        for name in ("alpha", "variance"):
            value = getattr(self, name)
            if not is_positive(value):
                raise ValueError(f"{name} is {value!r}; it must be a number above 0.")


def channel_gain(x: Tensor, factor: float = 1.0, *, name: str | None = None) -> Tensor:
    """A learnt gain for each channel times a fixed factor, in the place of batch norm.

    Args:
        x: (..., channels).
        factor: the same for all channels.
        name: of the layer.

    Returns:
        A tensor of the shape of `x`.
    """
    from bnn_zoo.blocks.channel_layers import ChannelScale  # its class needs TensorFlow when defined

    return ChannelScale(factor, name=name)(x)


def standardized_magnitude(kernel: np.ndarray) -> np.ndarray:
    """The mean magnitude of each filter's weights once they are standardized to mean 0 and variance 1.

    Args:
        kernel: (..., filters).

    Returns:
        (filters,), float32.
    """
    filters = kernel.reshape(-1, kernel.shape[-1]).astype(np.float64)
    magnitude = np.abs(filters - filters.mean(axis=0)).mean(axis=0) / (filters.std(axis=0) + 1e-5)
    return magnitude.astype(np.float32)


def standardized_conv(
    x: Tensor,
    filters: int,
    kernel_size: int = 3,
    *,
    strides: int = 1,
    kernel_initializer: Any = "he_normal",
    binarization: Binarization | None = None,
    name: str | None = None,
) -> Tensor:
    """A convolution in full precision whose kernel is standardized, and a learnt gain behind it.

    Args:
        x: (batch, height, width, channels).
        filters: channels of the output.
        kernel_size: height and width of the kernel, pixels.
        strides: pixels.
        kernel_initializer: of the kernel.
        binarization: gives only the padding's alignment.
        name: of the block.

    Returns:
        (batch, height / strides, width / strides, filters).

    Source: Characterizing signal propagation to close the performance gap in unnormalized ResNets, Brock et al., 2021,
    arXiv 2101.08692.
    """
    from bnn_zoo.blocks.quantizers import Standardize  # its class needs TensorFlow when defined

    x = aligned(larq.layers.QuantConv2D, binarization)(
        filters,
        kernel_size,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_quantizer=Standardize(),
        kernel_constraint=keras.constraints.Constraint(),
        kernel_initializer=kernel_initializer,
        name=part(name, "conv"),
    )(x)
    return channel_gain(x, name=part(name, "gain"))
