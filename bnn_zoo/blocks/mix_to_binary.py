"""BNext's blocks: binary convolutions, each scaled by a mix of what goes into it and what comes out."""

from __future__ import annotations

from bnn_zoo._keras import Tensor, keras
from bnn_zoo.blocks.binarization import Binarization
from bnn_zoo.blocks.binary import binary_conv
from bnn_zoo.blocks.gated import gate_from_means
from bnn_zoo.blocks.head import global_pool
from bnn_zoo.blocks.naming import part
from bnn_zoo.blocks.norm import batch_norm
from bnn_zoo.blocks.prelu import prelu
from bnn_zoo.blocks.react import channel_bias
from bnn_zoo.blocks.shortcut import pooled_shortcut


def mix_to_binary_conv(
    x: Tensor,
    *,
    kernel_size: int = 3,
    strides: int = 1,
    reduction: int = 8,
    elementwise_attention: bool = False,
    binarization: Binarization | None = None,
    name: str | None = None,
) -> Tensor:
    """A binary convolution with mix-to-binary attention, batch norm, and a high-precision shortcut around them.

    The convolution's sign has a learnt threshold; batch norm and PReLU follow it, and `mix_to_binary_gate` scales its channels.

    Args:
        x: (batch, height, width, channels), real-valued.
        kernel_size: height and width of the binary kernel, pixels.
        strides: pixels.
        reduction: the gate's hidden layer has channels / reduction units.
        elementwise_attention: puts a PReLU into the shortcut, and multiplies the convolution by the shortcut, value by value,
            before the two are added.
        binarization: the network's record.
        name: of the block.

    Returns:
        (batch, height / strides, width / strides, channels), real-valued.

    Source: Join the High Accuracy Club on ImageNet with A Binary Neural Network Ticket, Guo et al., 2022, arXiv 2211.12933.
    """
    settings = binarization or Binarization()
    y = channel_bias(x, name=part(name, "threshold"))
    y = binary_conv(y, x.shape[-1], kernel_size, strides=strides, binarization=settings, name=part(name, "conv"))
    y = batch_norm(y, settings, name=part(name, "conv_bn"))
    y = prelu(y, name=part(name, "conv"))
    gate = mix_to_binary_gate(x, y, reduction=reduction, name=part(name, "gate"))
    y = keras.layers.Multiply(name=part(name, "scale"))([y, gate])
    shortcut = prelu(x, name=part(name, "shortcut")) if elementwise_attention else x
    shortcut = pooled_shortcut(shortcut, strides, name=name)
    if elementwise_attention:
        y = keras.layers.Multiply(name=part(name, "attention"))([y, shortcut])
    y = batch_norm(y, settings, name=part(name, "bn"))
    return keras.layers.Add(name=part(name, "add"))([y, shortcut])


def mix_to_binary_widening(
    x: Tensor,
    *,
    copies: int = 2,
    binarization: Binarization | None = None,
    name: str | None = None,
) -> Tensor:
    """A 1x1 `mix_to_binary_conv` for each copy of the input, concatenated.

    So that the channels grow and every shortcut is the input itself.

    Args:
        x: (batch, height, width, channels), real-valued.
        copies: how many times as many channels there are behind it.
        binarization: the network's record.
        name: of the block.

    Returns:
        (batch, height, width, copies * channels), real-valued.

    Source: Join the High Accuracy Club on ImageNet with A Binary Neural Network Ticket, Guo et al., 2022, arXiv 2211.12933.
    """
    branches = [
        mix_to_binary_conv(x, kernel_size=1, binarization=binarization, name=part(name, f"copy{copy}")) for copy in range(copies)
    ]
    return keras.layers.Concatenate(name=part(name, "concat"))(branches)


def mix_to_binary_gate(real: Tensor, binary: Tensor, *, reduction: int = 8, name: str | None = None) -> Tensor:
    """One scale in (0, 1) a channel, from a binary convolution's input and output, mixed by a learnt share of each channel.

    Mixed are the two means over height and width: that is the mean of the mixed maps, and costs one number a channel.

    Args:
        real: what goes into the convolution, (batch, height, width, channels).
        binary: what comes out of it, (batch, height / strides, width / strides, channels).
        reduction: the hidden layer has channels / reduction units.
        name: of the block.

    Returns:
        (batch, 1, 1, channels).

    Source: Join the High Accuracy Club on ImageNet with A Binary Neural Network Ticket, Guo et al., 2022, arXiv 2211.12933.
    """
    from bnn_zoo.blocks.channel_layers import ChannelMix  # its class needs TensorFlow when defined

    means = [global_pool(x, name=part(name, role)) for role, x in (("real", real), ("binary", binary))]
    mixed = ChannelMix(name=part(name, "mix"))(means)
    return gate_from_means(mixed, binary.shape[-1], reduction=reduction, use_bias=True, name=name)
