"""ReActNet's blocks: signs and PReLUs whose thresholds are learnt, channel by channel."""

from __future__ import annotations

from bnn_zoo._keras import Tensor, keras
from bnn_zoo.blocks.binarization import Binarization
from bnn_zoo.blocks.binary import binary_conv
from bnn_zoo.blocks.naming import part
from bnn_zoo.blocks.norm import batch_norm
from bnn_zoo.blocks.norm_free import NormFree, channel_gain
from bnn_zoo.blocks.prelu import prelu
from bnn_zoo.blocks.shortcut import chosen_size, pointwise_shortcut, pooled_shortcut


def channel_bias(x: Tensor, factor: float = 1.0, *, name: str | None = None) -> Tensor:
    """factor * x + bias, the bias learnt for each channel; in front of a binary layer it makes ReActNet's RSign.

    Args:
        x: (..., channels).
        factor: fixed, the same for all channels.
        name: of the layer.

    Returns:
        A tensor of the shape of `x`.

    Source: ReActNet, Liu et al., 2020, arXiv 2003.03488.
    """
    from bnn_zoo.blocks.channel_layers import ChannelBias  # its class needs TensorFlow when defined

    return ChannelBias(factor, name=name)(x)


def rprelu(x: Tensor, *, power_of_two: bool = False, name: str | None = None) -> Tensor:
    """ReActNet's RPReLU: a PReLU whose bend lies anywhere, with biases learnt for each channel before and behind it.

    Args:
        x: (batch, height, width, channels).
        power_of_two: rounds the slopes to powers of two, as A&B BNN does.
        name: of the block.

    Returns:
        A tensor of the shape of `x`.

    Source: ReActNet, Liu et al., 2020, arXiv 2003.03488.
    """
    x = channel_bias(x, name=part(name, "prelu_before"))
    if power_of_two:
        from bnn_zoo.blocks.channel_layers import PowerOfTwoPReLU  # its class needs TensorFlow when defined

        x = PowerOfTwoPReLU(name=part(name, "prelu"))(x)
    else:
        x = prelu(x, name=name)
    return channel_bias(x, name=part(name, "prelu_behind"))


def react_conv(
    x: Tensor,
    filters: int | None = None,
    *,
    kernel_size: int = 3,
    strides: int | None = None,
    norm_free: NormFree | None = None,
    binarization: Binarization | None = None,
    name: str | None = None,
) -> Tensor:
    """RSign, a binary convolution, batch norm, a high-precision shortcut around them, RPReLU.

    Args:
        x: (batch, height, width, channels), real-valued.
        filters: channels of the output; those of `x` if not given.
        kernel_size: height and width of the binary kernel, pixels.
        strides: pixels; if not given 1 where the channels stay, 2 where they change.
        norm_free: in place of batch norm a learnt gain, and slopes that are powers of two; the shortcut's kernel is then binary
            too, its inputs are not.
        binarization: the network's record.
        name: of the block.

    Returns:
        (batch, height / strides, width / strides, filters), real-valued. Where the channels change, the shortcut is a
        `pointwise_shortcut`; where only the size does, an average pool.

    Source: ReActNet, Liu et al., 2020, arXiv 2003.03488; without batch norm A&B BNN, Ma et al., 2024, arXiv 2403.03739.
    """
    settings = binarization or Binarization()
    filters, strides = chosen_size(x, filters, strides)
    shortcut = pooled_shortcut(x, strides, name=name)
    if filters != x.shape[-1] and norm_free is None:
        shortcut = pointwise_shortcut(shortcut, filters, strides=1, binarization=settings, name=name)
    elif filters != x.shape[-1]:
        shortcut_name = part(name, "shortcut_conv")
        shortcut = binary_conv(shortcut, filters, 1, binary_inputs=False, binarization=settings, name=shortcut_name)
        shortcut = channel_gain(shortcut, name=part(name, "shortcut_gain"))
    y = _threshold(x, norm_free, name)
    y = binary_conv(y, filters, kernel_size, strides=strides, binarization=settings, name=part(name, "conv"))
    y = _normalized(y, norm_free, settings, name)
    y = keras.layers.Add(name=part(name, "add"))([y, shortcut])
    return rprelu(y, power_of_two=norm_free is not None, name=name)


def react_widening(
    x: Tensor,
    *,
    copies: int = 2,
    norm_free: NormFree | None = None,
    binarization: Binarization | None = None,
    name: str | None = None,
) -> Tensor:
    """RSign, a binary 1x1 convolution for each copy of the input, each with batch norm and a shortcut; concatenated, RPReLU.

    So that the channels grow and every shortcut is the input itself.

    Args:
        x: (batch, height, width, channels), real-valued.
        copies: how many times as many channels there are behind it.
        norm_free: as in `react_conv`.
        binarization: the network's record.
        name: of the block.

    Returns:
        (batch, height, width, copies * channels), real-valued.

    Source: ReActNet, Liu et al., 2020, arXiv 2003.03488.
    """
    settings = binarization or Binarization()
    signs = _threshold(x, norm_free, name)
    branches = []
    for copy in range(copies):
        branch = part(name, f"copy{copy}")
        y = binary_conv(signs, x.shape[-1], 1, binarization=settings, name=part(branch, "conv"))
        y = _normalized(y, norm_free, settings, branch)
        branches.append(keras.layers.Add(name=part(branch, "add"))([y, x]))
    y = keras.layers.Concatenate(name=part(name, "concat"))(branches)
    return rprelu(y, power_of_two=norm_free is not None, name=name)


def _threshold(x: Tensor, norm_free: NormFree | None, name: str | None) -> Tensor:
    factor = 1.0 if norm_free is None else norm_free.variance**-0.5
    return channel_bias(x, factor, name=part(name, "threshold"))


def _normalized(y: Tensor, norm_free: NormFree | None, settings: Binarization, name: str | None) -> Tensor:
    if norm_free is None:
        return batch_norm(y, settings, name=part(name, "bn"))
    return channel_gain(y, norm_free.alpha, name=part(name, "gain"))
