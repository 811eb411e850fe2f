"""Group-Net's block: several binary branches ("bases") side by side, that soft gates connect from block to block."""

from __future__ import annotations

from collections.abc import Sequence

from bnn_zoo._keras import Tensor, keras
from bnn_zoo.blocks.binarization import Binarization
from bnn_zoo.blocks.binary import binary_conv_layer
from bnn_zoo.blocks.naming import part
from bnn_zoo.blocks.norm import batch_norm_layer
from bnn_zoo.blocks.shortcut import chosen_size, conv_with_shortcut


def group_block(
    x: Tensor,
    bases: Sequence[Tensor],
    filters: int | None = None,
    *,
    strides: int | None = None,
    dilation_rates: Sequence[int] | None = None,
    first_base_sums: bool = False,
    binarization: Binarization | None = None,
    name: str | None = None,
) -> tuple[Tensor, list[Tensor]]:
    """One residual branch a base, each of two binary 3x3 convolutions with ReLU, batch norm and a shortcut; and their weighted sum.

    A base goes on from its own features, which a soft gate mixes with the sum over all of them. Where the shape changes, the first
    shortcut is a binary 1x1 convolution with batch norm, the same one for all bases.

    Args:
        x: the weighted sum of the block before, (batch, height, width, channels), real-valued.
        bases: its branches, each of the shape of `x`. In a network's first block `[x] * 5` for five of them: where all are `x`
            there is nothing to mix, and no gate.
        filters: channels of the output; those of `x` if not given.
        strides: pixels; if not given 1 where the channels stay, 2 where they change.
        dilation_rates: for each base the distance of its kernels' taps, pixels; 1 if not given. Rates that differ make binary
            parallel atrous convolutions (BPAC): each base sees another neighbourhood.
        first_base_sums: hands the sum of all branches on as the first one. The authors' code without scales does so: it adds them
            up in the first one's place.
        binarization: the network's record.
        name: of the block.

    Returns:
        (sum, branches), each (batch, height / strides, width / strides, filters), real-valued.

    Raises:
        ValueError: if there is no base, or not one dilation rate for each.

    Source: Structured Binary Neural Networks for Accurate Image Classification and Semantic Segmentation, Zhuang et al., 2019,
    arXiv 1811.10413.
    """
    settings = binarization or Binarization()
    filters, strides = chosen_size(x, filters, strides)
    rates = [1] * len(bases) if dilation_rates is None else list(dilation_rates)
    if not bases or len(rates) != len(bases):
        raise ValueError(f"dilation_rates has {len(rates)} entries, and there are {len(bases)} bases; give one rate for each.")
    inputs = list(bases) if all(base is x for base in bases) else soft_gate(bases, x, name=part(name, "gate"))
    same_shape = filters == x.shape[-1] and strides == 1
    shortcuts = inputs if same_shape else _shared_shortcut(inputs, filters, strides, settings, name)
    branches = []
    for base, (y, shortcut, rate) in enumerate(zip(inputs, shortcuts, rates, strict=True)):
        for half, around, step in (("first", shortcut, strides), ("second", None, 1)):
            y = conv_with_shortcut(
                y,
                filters,
                strides=step,
                dilation_rate=rate,
                activation="relu",
                shortcut=around,
                binarization=settings,
                name=part(name, f"base{base}_{half}"),
            )
        branches.append(y)
    total = weighted_sum(branches, name=name)
    if first_base_sums and len(branches) > 1:
        branches[0] = keras.layers.Add(name=part(name, "first_base"))(branches)
    return total, branches


def soft_gate(tensors: Sequence[Tensor], other: Tensor, *, name: str | None = None) -> list[Tensor]:
    """Mixes each tensor with another one: share * tensor + (1 - share) * other. The share, in (0, 1), is learnt, one for all.

    Args:
        tensors: each (batch, height, width, channels), of one shape.
        other: of the same shape.
        name: of the layer.

    Source: Group-Net, Zhuang et al., 2019, arXiv 1811.10413.
    """
    from bnn_zoo.blocks.channel_layers import SoftGate  # its class needs TensorFlow when defined

    gate = SoftGate(name=name)
    return [gate([x, other]) for x in tensors]


def weighted_sum(tensors: Sequence[Tensor], *, name: str | None = None) -> Tensor:
    """The sum of tensors, each times a number that is learnt; at first their mean.

    Args:
        tensors: each (batch, height, width, channels), of one shape.
        name: of the block.

    Source: Group-Net, Zhuang et al., 2019, arXiv 1811.10413. The later version, arXiv 1909.09934, leaves it at the mean.
    """
    from bnn_zoo.blocks.channel_layers import ChannelScale  # its class needs TensorFlow when defined

    scaled = [
        ChannelScale(same_for_all=True, start=1 / len(tensors), name=part(name, f"base{base}_scale"))(x)
        for base, x in enumerate(tensors)
    ]
    return keras.layers.Add(name=part(name, "sum"))(scaled) if len(scaled) > 1 else scaled[0]


def _shared_shortcut(
    inputs: Sequence[Tensor], filters: int, strides: int, settings: Binarization, name: str | None
) -> list[Tensor]:
    conv = binary_conv_layer(filters, 1, strides=strides, binarization=settings, name=part(name, "shortcut_conv"))
    norm = batch_norm_layer(settings, name=part(name, "shortcut_bn"))
    convolved = [conv(x) for x in inputs]
    return [norm(x) for x in convolved]
