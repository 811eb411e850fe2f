"""The bottleneck of deep Bi-Real Nets: three convolutions, and a shortcut around every one of them."""

from __future__ import annotations

from bnn_zoo._keras import Tensor, keras
from bnn_zoo.blocks.binarization import Binarization
from bnn_zoo.blocks.binary import binary_conv
from bnn_zoo.blocks.naming import part
from bnn_zoo.blocks.norm import batch_norm
from bnn_zoo.blocks.real import real_conv
from bnn_zoo.blocks.scaling import Scaling, learnt_scale
from bnn_zoo.blocks.shortcut import pointwise_shortcut, pooled


def bottleneck_with_shortcuts(
    x: Tensor,
    narrow: Tensor | None,
    filters: int,
    *,
    strides: int = 1,
    scaling: Scaling | None = None,
    binarization: Binarization | None = None,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """Binary 1x1, 3x3 and 1x1 convolutions with batch norm, on two paths of high-precision shortcuts: a wide and a narrow one.

    The first and the second convolution add to the narrow path, the third to the wide one. The first block of a network has no
    narrow path yet: its first convolution starts it, in full precision and behind a clip with slopes outside.

    Args:
        x: the wide path, (batch, height, width, channels), real-valued.
        narrow: the narrow path, (batch, height, width, channels / 4); None in the first block.
        filters: channels of the wide output, a multiple of four. Where they change, both shortcuts have a 1x1 convolution in full
            precision.
        strides: of the 3x3 convolution, pixels.
        scaling: learnt factors of the binary convolutions' outputs, see `learnt_scale`.
        binarization: the network's record.
        name: of the block.

    Returns:
        The wide path, (batch, height / strides, width / strides, filters), and the narrow one, of filters / 4 channels.

    Raises:
        ValueError: if `filters` is not a multiple of four.

    Source: Bi-Real Net: Binarizing Deep Network Towards Real-Network Performance, Liu et al., 2018, arXiv 1811.01335.
    """
    if filters % 4:
        raise ValueError(f"filters is {filters}; a bottleneck needs a multiple of 4.")
    settings = binarization or Binarization()
    reduce, spatial, expand = (part(name, role) for role in ("reduce", "spatial", "expand"))
    widens = x.shape[-1] != filters

    y = _reduced(x, filters // 4, narrow is None, scaling, settings, reduce)
    if narrow is not None:
        if widens:
            narrow = real_conv(narrow, filters // 4, 1, name=part(reduce, "shortcut_conv"))
        y = keras.layers.Add(name=part(reduce, "add"))([y, narrow])

    z = binary_conv(y, filters // 4, strides=strides, binarization=settings, name=part(spatial, "conv"))
    z = learnt_scale(z, scaling, name=part(spatial, "scale"))
    z = batch_norm(z, settings, name=part(spatial, "bn"))
    z = keras.layers.Add(name=part(spatial, "add"))([z, pooled(y, strides, name=part(spatial, "shortcut_pool"))])

    wide = binary_conv(z, filters, 1, binarization=settings, name=part(expand, "conv"))
    wide = learnt_scale(wide, scaling, name=part(expand, "scale"))
    wide = batch_norm(wide, settings, name=part(expand, "bn"))
    if widens:
        shortcut = pointwise_shortcut(x, filters, strides=strides, binarization=settings, name=expand)
    else:
        shortcut = pooled(x, strides, name=part(expand, "shortcut_pool"))
    return keras.layers.Add(name=part(expand, "add"))([wide, shortcut]), z


def _reduced(x: Tensor, filters: int, is_first: bool, scaling: Scaling | None, settings: Binarization, name: str | None) -> Tensor:
    if is_first:
        from bnn_zoo.blocks.channel_layers import LeakyClip  # its class needs TensorFlow when defined

        x = LeakyClip(name=part(name, "clip"))(x)
        x = real_conv(x, filters, 1, name=part(name, "conv"))
    else:
        x = binary_conv(x, filters, 1, binarization=settings, name=part(name, "conv"))
        x = learnt_scale(x, scaling, name=part(name, "scale"))
    return batch_norm(x, settings, name=part(name, "bn"))
