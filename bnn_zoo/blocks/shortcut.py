"""High-precision shortcuts around binary convolutions: the heart of every good BNN."""

from __future__ import annotations

from typing import Any

from bnn_zoo._argument_checks import is_count
from bnn_zoo._keras import Tensor, keras
from bnn_zoo.blocks.binarization import Binarization, make_initializer
from bnn_zoo.blocks.binary import binary_conv
from bnn_zoo.blocks.naming import part
from bnn_zoo.blocks.norm import batch_norm
from bnn_zoo.blocks.real import real_conv
from bnn_zoo.blocks.scaling import Scaling, learnt_scale


def conv_with_shortcut(
    x: Tensor,
    filters: int | None = None,
    *,
    kernel_size: int = 3,
    strides: int | None = None,
    dilation_rate: int = 1,
    activation: Any = None,
    scaling: Scaling | None = None,
    shortcut: Tensor | None = None,
    binarization: Binarization | None = None,
    name: str | None = None,
) -> Tensor:
    """A binary convolution, batch norm, and a high-precision shortcut around both.

    Args:
        x: (batch, height, width, channels), real-valued.
        filters: channels of the output; those of `x` if not given.
        kernel_size: height and width of the binary kernel, pixels.
        strides: pixels; if not given 1 where the channels stay, 2 where they change.
        dilation_rate: distance of the kernel's taps, pixels.
        activation: of the convolution's integer output, before batch norm.
        scaling: learnt factors of the convolution's output, before batch norm, see `learnt_scale`.
        shortcut: what is added, of the shape of the output; if not given `x`, or where the shape changes a `pointwise_shortcut`.
        binarization: the network's record.
        name: of the block.

    Returns:
        (batch, height / strides, width / strides, filters), real-valued.

    Source: Bi-Real Net, Liu et al., 2018, arXiv 1808.00278.
    """
    settings = binarization or Binarization()
    filters, strides = chosen_size(x, filters, strides)
    if shortcut is None:
        same_shape = filters == x.shape[-1] and strides == 1
        shortcut = x if same_shape else pointwise_shortcut(x, filters, strides=strides, binarization=settings, name=name)
    y = binary_conv(
        x,
        filters,
        kernel_size,
        strides=strides,
        dilation_rate=dilation_rate,
        activation=activation,
        binarization=settings,
        name=part(name, "conv"),
    )
    y = learnt_scale(y, scaling, name=part(name, "scale"))
    y = batch_norm(y, settings, name=part(name, "bn"))
    return keras.layers.Add(name=part(name, "add"))([y, shortcut])


def pointwise_shortcut(
    x: Tensor,
    filters: int,
    *,
    strides: int = 2,
    binarization: Binarization | None = None,
    name: str | None = None,
) -> Tensor:
    """The shortcut where dimensions change: average pool, high-precision 1x1 convolution, batch norm.

    Args:
        x: (batch, height, width, channels), real-valued.
        filters: channels of the output.
        strides: of the pool, pixels; 1 leaves it out.
        binarization: gives the settings of batch norm and the initializer.
        name: of the block; the layers are `<name>_shortcut_...`.

    Returns:
        (batch, height / strides, width / strides, filters).

    Source: Bi-Real Net, Liu et al., 2018, arXiv 1808.00278.
    """
    settings = binarization or Binarization()
    x = pooled_shortcut(x, strides, name=name)
    x = real_conv(
        x,
        filters,
        1,
        kernel_initializer=make_initializer(settings),
        name=part(name, "shortcut_conv"),
    )
    return batch_norm(x, settings, name=part(name, "shortcut_bn"))


def chosen_size(x: Tensor, filters: int | None, strides: int | None) -> tuple[int, int]:
    """The filters and strides of a block: as given, or else as most networks have them.

    Args:
        x: what the block takes, (..., channels).
        filters: channels of the output; those of `x` if not given.
        strides: pixels; if not given 1 where the channels stay, 2 where they change.

    Raises:
        ValueError: for what is given and no whole number above 0.
    """
    for argument, value in (("filters", filters), ("strides", strides)):
        if value is not None and not is_count(value):
            raise ValueError(f"{argument} is {value!r}; it must be a whole number above 0, or None to choose it.")
    channels = x.shape[-1]
    filters = channels if filters is None else filters
    return filters, strides if strides is not None else 1 if filters == channels else 2


def pooled_shortcut(x: Tensor, strides: int, *, name: str | None = None) -> Tensor:
    """The shortcut where only the size changes: an average pool; strides of 1 leave it out.

    Args:
        x: (batch, height, width, channels).
        strides: pixels.
        name: of the block; the layer is `<name>_shortcut_pool`.

    Returns:
        (batch, height / strides, width / strides, channels).
    """
    if strides == 1:
        return x
    return keras.layers.AveragePooling2D(strides, strides=strides, padding="same", name=part(name, "shortcut_pool"))(x)
