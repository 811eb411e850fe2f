"""The bottleneck of deep Bi-Real Nets: three convolutions, and a shortcut around every one of them."""

from __future__ import annotations

from bnn_zoo._keras import Tensor
from bnn_zoo.blocks.binarization import Binarization
from bnn_zoo.blocks.naming import part
from bnn_zoo.blocks.norm import batch_norm
from bnn_zoo.blocks.real import real_conv
from bnn_zoo.blocks.scaling import Scaling
from bnn_zoo.blocks.shortcut import conv_with_shortcut, pointwise_shortcut, pooled_shortcut


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

    if narrow is None:
        y = _first_reduction(x, filters // 4, settings, reduce)
    else:
        around = real_conv(narrow, filters // 4, 1, name=part(reduce, "shortcut_conv")) if widens else narrow
        y = conv_with_shortcut(
            x, filters // 4, kernel_size=1, strides=1, scaling=scaling, shortcut=around, binarization=settings, name=reduce
        )
    around = pooled_shortcut(y, strides, name=spatial)
    z = conv_with_shortcut(y, strides=strides, scaling=scaling, shortcut=around, binarization=settings, name=spatial)
    if widens:
        around = pointwise_shortcut(x, filters, strides=strides, binarization=settings, name=expand)
    else:
        around = pooled_shortcut(x, strides, name=expand)
    wide = conv_with_shortcut(
        z, filters, kernel_size=1, strides=1, scaling=scaling, shortcut=around, binarization=settings, name=expand
    )
    return wide, z


def _first_reduction(x: Tensor, filters: int, settings: Binarization, name: str | None) -> Tensor:
    from bnn_zoo.blocks.channel_layers import LeakyClip  # its class needs TensorFlow when defined

    x = LeakyClip(name=part(name, "clip"))(x)
    x = real_conv(x, filters, 1, name=part(name, "conv"))
    return batch_norm(x, settings, name=part(name, "bn"))
