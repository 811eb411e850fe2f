"""Convolutions in full precision, for the places where binarizing costs too much."""

from __future__ import annotations

from typing import Any, Literal

from bnn_zoo._keras import Tensor, keras
from bnn_zoo.blocks.binarization import Binarization
from bnn_zoo.blocks.naming import part
from bnn_zoo.blocks.padding import aligned


def real_conv(
    x: Tensor,
    filters: int,
    kernel_size: int = 3,
    *,
    strides: int = 1,
    padding: Literal["same", "valid"] = "same",
    use_bias: bool = False,
    kernel_initializer: Any = "glorot_normal",
    kernel_regularizer: Any = None,
    binarization: Binarization | None = None,
    name: str | None = None,
) -> Tensor:
    """A convolution with real-valued inputs and kernel.

    Args:
        x: (batch, height, width, channels).
        filters: channels of the output.
        kernel_size: height and width of the kernel, pixels.
        strides: pixels.
        padding: `"same"` or `"valid"`.
        use_bias: off by default, since batch norm follows.
        kernel_initializer: of the kernel.
        kernel_regularizer: of the kernel.
        binarization: gives only the padding's alignment.
        name: of the layer.

    Returns:
        (batch, height / strides, width / strides, filters).
    """
    return aligned(keras.layers.Conv2D, binarization, padding)(
        filters,
        kernel_size,
        strides=strides,
        padding=padding,
        use_bias=use_bias,
        kernel_initializer=kernel_initializer,
        kernel_regularizer=kernel_regularizer,
        name=name,
    )(x)


def depthwise_conv(
    x: Tensor,
    kernel_size: int = 3,
    *,
    strides: int = 1,
    kernel_initializer: Any = "glorot_uniform",
    trainable: bool = True,
    binarization: Binarization | None = None,
    name: str | None = None,
) -> Tensor:
    """A real-valued convolution of each channel on its own.

    Args:
        x: (batch, height, width, channels).
        kernel_size: height and width of the kernel, pixels.
        strides: pixels.
        kernel_initializer: of the kernel.
        trainable: False keeps the kernel as initialized.
        binarization: gives only the padding's alignment. What strides would pad otherwise at the end, a layer of its own,
            `<name>_pad`, pads on both sides alike.
        name: of the layer.

    Returns:
        (batch, height / strides, width / strides, channels).

    Raises:
        ValueError: if an even kernel is to be padded on both sides alike.
    """
    padding = "same"
    if strides > 1 and binarization is not None and binarization.padding_alignment == "symmetric":
        if kernel_size % 2 == 0:
            raise ValueError(f"kernel_size is {kernel_size}; what is padded on both sides alike needs odd sizes.")
        padding = "valid"
        x = keras.layers.ZeroPadding2D(kernel_size // 2, name=part(name, "pad"))(x)
    # With strides TensorFlow's gradient to the input takes many times as long in bfloat16 as in float32, on CPUs.
    slow = strides > 1 and keras.mixed_precision.global_policy().compute_dtype == "bfloat16"
    return keras.layers.DepthwiseConv2D(
        kernel_size,
        strides=strides,
        padding=padding,
        use_bias=False,
        depthwise_initializer=kernel_initializer,
        trainable=trainable,
        dtype="float32" if slow else None,
        name=name,
    )(x)


def grouped_conv(
    x: Tensor,
    filters: int,
    kernel_size: int,
    groups: int,
    *,
    kernel_initializer: Any = "glorot_normal",
    name: str | None = None,
) -> Tensor:
    """A real-valued convolution in `groups` separate groups of channels, each with a kernel (and a layer) of its own.

    Args:
        x: (batch, height, width, channels), channels a multiple of `groups`.
        filters: channels of the output, a multiple of `groups`.
        kernel_size: height and width of the kernels, pixels.
        groups: how many.
        kernel_initializer: of the kernels.
        name: of the block.

    Returns:
        (batch, height, width, filters).

    Raises:
        ValueError: if the channels cannot be divided.
    """
    from bnn_zoo.blocks.layers import ChannelGroup  # its class needs TensorFlow when defined

    if x.shape[-1] % groups or filters % groups:
        raise ValueError(f"{x.shape[-1]} channels and {filters} filters must both be multiples of groups={groups}.")
    outputs = []
    for group in range(groups):
        channels = ChannelGroup(group, groups, name=part(name, f"group{group}"))(x)
        outputs.append(
            real_conv(
                channels,
                filters // groups,
                kernel_size,
                kernel_initializer=kernel_initializer,
                name=part(name, f"conv{group}"),
            )
        )
    return keras.layers.Concatenate(name=part(name, "concat"))(outputs)
