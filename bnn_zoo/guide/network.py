"""The one network of the experiments; its switches are exactly their questions."""

from __future__ import annotations

from bnn_zoo._keras import Tensor, keras
from bnn_zoo.blocks import (
    Binarization,
    batch_norm,
    binary_conv,
    head,
    pointwise_shortcut,
    pooled_block,
    pooled_shortcut,
    residual_stem,
)
from bnn_zoo.guide.variants import Variant

STEM_FILTERS = 16
#: Channels of each section; its first convolution halves height and width and doubles the channels.
SECTION_FILTERS = (32, 64, 128)
CONVS_PER_SECTION = 2


def build_network(variant: Variant, input_shape: tuple[int, int, int] = (32, 32, 3), num_classes: int = 10) -> keras.Model:
    """Builds a small residual network of six binary convolutions, or what a variant makes of it.

    It is put together from small blocks, since `conv_with_shortcut` leaves no choice in what is to be measured here. The baseline
    is the same network as one made of `conv_with_shortcut`.

    Args:
        variant: what differs from the baseline.
        input_shape: (height, width, channels), height and width multiples of 8.
        num_classes: how many.

    Returns:
        A model with class probabilities.

    Raises:
        ValueError: if the pictures cannot be halved three times.
    """
    if input_shape[0] % 8 or input_shape[1] % 8:
        raise ValueError(f"input_shape is {input_shape}; height and width must be multiples of 8: they are halved three times.")
    how = Binarization(momentum=variant.momentum)
    images = keras.Input(input_shape)
    x = residual_stem(images, STEM_FILTERS, stem="cifar", binary=variant.first_layer == "binary", binarization=how)
    for section, filters in enumerate(SECTION_FILTERS):
        shortcut = None
        for block in range(CONVS_PER_SECTION):
            name = f"section_{section}_block_{block}"
            if variant.shortcuts == "every_conv" or (variant.shortcuts == "every_second" and block % 2 == 0):
                shortcut = _shortcut(x, filters, variant, how, name)
            x = _conv(x, filters, variant, how, name)
            if variant.shortcuts == "every_conv" or (variant.shortcuts == "every_second" and block % 2 == 1):
                x = keras.layers.Add(name=f"{name}_add")([x, shortcut])
    x = head(x, num_classes, binary=variant.last_layer == "binary", binarization=how)
    return keras.Model(images, x, name="guide")


def _conv(x: Tensor, filters: int, variant: Variant, how: Binarization, name: str) -> Tensor:
    halves = x.shape[-1] != filters
    if halves and variant.downsampling != "stride":
        return pooled_block(x, filters, pool_size=2, order=variant.downsampling, binarization=how, name=name)
    x = binary_conv(x, filters, strides=2 if halves else 1, binarization=how, name=f"{name}_conv")
    return x if variant.norm == "none" else batch_norm(x, how, name=f"{name}_bn")


def _shortcut(x: Tensor, filters: int, variant: Variant, how: Binarization, name: str) -> Tensor:
    if x.shape[-1] == filters:
        return x
    if variant.widening == "pointwise":
        return pointwise_shortcut(x, filters, binarization=how, name=name)
    # Average pool and channels repeated, as in ReActNet (Liu et al., 2020, arXiv 2003.03488).
    x = pooled_shortcut(x, 2, name=name)
    return keras.layers.Concatenate(name=f"{name}_shortcut_repeat")([x] * (filters // x.shape[-1]))
