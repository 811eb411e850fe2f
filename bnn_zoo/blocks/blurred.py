"""QuickNet's transition: downsampling that keeps the signal, without a shortcut of its own."""

from __future__ import annotations

from typing import Any

from bnn_zoo._keras import Tensor, keras
from bnn_zoo.blocks.binarization import Binarization
from bnn_zoo.blocks.naming import part
from bnn_zoo.blocks.norm import batch_norm
from bnn_zoo.blocks.real import depthwise_conv, real_conv


def blurred_transition(
    x: Tensor,
    filters: int,
    *,
    binarization: Binarization | None = None,
    name: str | None = None,
) -> Tensor:
    """ReLU, anti-aliased max-pool (dense max-pool, then a fixed blur with stride 2), 1x1 convolution, batch norm.

    Args:
        x: (batch, height, width, channels), real-valued.
        filters: channels of the output.
        binarization: gives the settings of batch norm, and the padding's alignment.
        name: of the block.

    Returns:
        (batch, (height - 1) / 2, (width - 1) / 2, filters), rounded up.

    Source: Larq Compute Engine, Bannink et al., 2020, arXiv 2011.09398; blur pool: Zhang, 2019, arXiv 1904.11486.
    """
    from bnn_zoo.blocks.layers import BlurPoolInitializer  # its class needs TensorFlow when defined

    x = keras.layers.ReLU(name=part(name, "relu"))(x)
    x = keras.layers.MaxPooling2D(2, strides=1, name=part(name, "pool"))(x)
    x = depthwise_conv(
        x,
        strides=2,
        kernel_initializer=BlurPoolInitializer(),
        trainable=False,
        binarization=binarization,
        name=part(name, "blur"),
    )
    x = real_conv(x, filters, 1, name=part(name, "conv"))
    return batch_norm(x, binarization, name=part(name, "bn"))


def is_blur(layer: Any) -> bool:
    """Whether a layer is such a blur, which no training may change."""
    from bnn_zoo.blocks.layers import BlurPoolInitializer  # its class needs TensorFlow when defined

    return isinstance(getattr(layer, "depthwise_initializer", None), BlurPoolInitializer)
