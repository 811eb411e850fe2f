"""The block of VGG-style BNNs: binary convolution, max-pool, and only then batch norm."""

from __future__ import annotations

from typing import Literal

from bnn_zoo._keras import Tensor, keras
from bnn_zoo.blocks.binarization import Binarization
from bnn_zoo.blocks.binary import binary_conv
from bnn_zoo.blocks.naming import part
from bnn_zoo.blocks.norm import batch_norm
from bnn_zoo.blocks.padding import aligned


def pooled_block(
    x: Tensor,
    filters: int,
    kernel_size: int = 3,
    *,
    strides: int = 1,
    padding: Literal["same", "valid"] = "same",
    pool_size: int | None = 3,
    pool_strides: int = 2,
    pool_padding: Literal["same", "valid"] = "valid",
    order: Literal["pool_norm", "norm_pool"] = "pool_norm",
    binary_inputs: bool = True,
    binarization: Binarization | None = None,
    name: str | None = None,
) -> Tensor:
    """Binary convolution, max-pool, THEN batch norm.

    Max-pooling behind batch norm skews the activations towards +1; XNOR-Net's order does not.

    Args:
        x: (batch, height, width, channels).
        filters: channels of the output.
        kernel_size: height and width of the binary kernel, pixels.
        strides: of the convolution, pixels.
        padding: of the convolution.
        pool_size: of the max-pool, pixels; None for no pool.
        pool_strides: of the max-pool, pixels.
        pool_padding: of the max-pool.
        order: `"pool_norm"`, or for experiments `"norm_pool"`.
        binary_inputs: False leaves the inputs as they are (a first layer that sees pixels).
        binarization: the network's record.
        name: of the block.

    Returns:
        (batch, height / strides / pool_strides, width / strides / pool_strides, filters), real-valued.

    Raises:
        ValueError: if `order` is neither of the two.

    Source: XNOR-Net, Rastegari et al., 2016, arXiv 1603.05279.
    """
    if order not in ("pool_norm", "norm_pool"):
        raise ValueError(f'order is {order!r}; it must be "pool_norm" (the guide\'s advice) or "norm_pool".')

    def pool(y: Tensor) -> Tensor:
        if pool_size is None:
            return y
        layer = aligned(keras.layers.MaxPooling2D, binarization, pool_padding)
        return layer(pool_size, strides=pool_strides, padding=pool_padding, name=part(name, "pool"))(y)

    def norm(y: Tensor) -> Tensor:
        return batch_norm(y, binarization, name=part(name, "bn"))

    x = binary_conv(
        x,
        filters,
        kernel_size,
        strides=strides,
        padding=padding,
        binary_inputs=binary_inputs,
        binarization=binarization,
        name=part(name, "conv"),
    )
    return norm(pool(x)) if order == "pool_norm" else pool(norm(x))
