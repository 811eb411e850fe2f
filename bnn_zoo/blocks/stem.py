"""First layers: from pixels to features, in full precision."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from bnn_zoo._keras import Tensor, keras
from bnn_zoo.blocks.binarization import Binarization
from bnn_zoo.blocks.binary import binary_conv
from bnn_zoo.blocks.naming import part
from bnn_zoo.blocks.norm import batch_norm
from bnn_zoo.blocks.padding import aligned
from bnn_zoo.blocks.real import depthwise_conv, grouped_conv, real_conv

Stem: TypeAlias = Literal["imagenet", "cifar"]

#: Pictures lower than this get a stem without early downsampling, as in larq-zoo.
SMALL_PICTURE = 50


def choose_stem(x: Tensor, stem: Stem | None = None) -> Stem:
    """The stem that was asked for, or the one that fits the picture.

    Args:
        x: the image input, (batch, height, width, channels).
        stem: `"imagenet"`, `"cifar"`, or None to choose by the height.

    Raises:
        ValueError: for any other name.
    """
    if stem is None:
        return "cifar" if x.shape[1] is not None and x.shape[1] < SMALL_PICTURE else "imagenet"
    if stem not in ("imagenet", "cifar"):
        raise ValueError(f'stem is {stem!r}; it must be "imagenet", "cifar", or None to choose by the input size.')
    return stem


def first_window(small: bool) -> tuple[int, int]:
    """Kernel size and strides, pixels, of a residual network's first convolution, for small pictures or for large ones."""
    return (3, 1) if small else (7, 2)


def residual_stem(
    x: Tensor,
    filters: int = 64,
    *,
    stem: Stem | None = None,
    activation: Literal["relu", "prelu"] | None = None,
    norm_in_cifar: bool = True,
    binary: bool = False,
    kernel_initializer: Any = "glorot_normal",
    binarization: Binarization | None = None,
    name: str | None = "stem",
) -> Tensor:
    """The first layers of residual networks: 7x7 convolution and max-pool, or one 3x3 convolution for small pictures.

    Args:
        x: images, (batch, height, width, channels).
        filters: channels of the output.
        stem: `"imagenet"` reduces height and width four times, `"cifar"` not at all; None chooses by the height.
        activation: behind batch norm, `"relu"`, `"prelu"`, or None for none.
        norm_in_cifar: False leaves batch norm and activation out of the `"cifar"` stem, as larq-zoo does in some networks; a binary
            convolution keeps them, since nothing else would bring its counts to a scale.
        binary: binarizes inputs and kernel, to measure what that costs.
        kernel_initializer: of the convolution in full precision.
        binarization: the network's record.
        name: of the block.

    Returns:
        (batch, height / 4, width / 4, filters), or (batch, height, width, filters).

    Raises:
        ValueError: for any other stem or activation.

    Source: Deep Residual Learning for Image Recognition, He et al., 2015, arXiv 1512.03385.
    """
    if activation not in ("relu", "prelu", None):
        raise ValueError(f'activation is {activation!r}; it must be "relu", "prelu", or None.')
    small = choose_stem(x, stem) == "cifar"
    kernel_size, strides = first_window(small)
    conv_name = part(name, "conv")
    if binary:
        x = binary_conv(x, filters, kernel_size, strides=strides, binarization=binarization, name=conv_name)
    else:
        x = real_conv(
            x,
            filters,
            kernel_size,
            strides=strides,
            kernel_initializer=kernel_initializer,
            binarization=binarization,
            name=conv_name,
        )
    if small and not norm_in_cifar and not binary:
        return x
    x = batch_norm(x, binarization, name=part(name, "bn"))
    if activation == "relu":
        x = keras.layers.ReLU(name=part(name, "relu"))(x)
    elif activation == "prelu":
        x = keras.layers.PReLU(shared_axes=[1, 2], name=part(name, "prelu"))(x)
    return x if small else stem_pool(x, binarization=binarization, name=name)


def stem_pool(x: Tensor, pool_size: int = 3, *, binarization: Binarization | None = None, name: str | None = "stem") -> Tensor:
    """The max-pool with stride 2 behind a network's first convolution.

    Args:
        x: (batch, height, width, channels).
        pool_size: height and width of its window.
        binarization: gives the padding's alignment.
        name: of the block.

    Returns:
        (batch, height / 2, width / 2, channels).
    """
    pool = aligned(keras.layers.MaxPooling2D, binarization)
    return pool(pool_size, strides=2, padding="same", name=part(name, "pool"))(x)


def separable_stem(
    x: Tensor,
    filters: int = 64,
    *,
    stem: Stem | None = None,
    binarization: Binarization | None = None,
    name: str | None = "stem",
) -> Tensor:
    """QuickNet's first layers: 3x3 convolution, depthwise 3x3 convolution, pointwise convolution.

    Args:
        x: images, (batch, height, width, channels).
        filters: channels of the output, a multiple of four.
        stem: `"imagenet"` reduces height and width four times, `"cifar"` not at all; None chooses by the height.
        binarization: gives the settings of batch norm, and the padding's alignment.
        name: of the block.

    Returns:
        (batch, height / 4, width / 4, filters), or (batch, height, width, filters).

    Raises:
        ValueError: if `filters` is not a multiple of four.

    Source: Larq Compute Engine, Bannink et al., 2020, arXiv 2011.09398.
    """
    if filters % 4:
        raise ValueError(f"filters is {filters}; QuickNet's stem needs a multiple of 4.")
    settings = binarization or Binarization()
    strides = 1 if choose_stem(x, stem) == "cifar" else 2
    x = real_conv(
        x, filters // 4, 3, strides=strides, kernel_initializer="he_normal", binarization=settings, name=part(name, "conv")
    )
    x = batch_norm(x, settings, name=part(name, "bn"))
    x = keras.layers.ReLU(name=part(name, "relu"))(x)
    x = depthwise_conv(x, strides=strides, binarization=settings, name=part(name, "depthwise"))
    x = keras.layers.BatchNormalization(
        momentum=settings.momentum, epsilon=settings.epsilon, scale=False, center=False, name=part(name, "depthwise_bn")
    )(x)
    x = real_conv(x, filters, 1, kernel_initializer="he_normal", name=part(name, "pointwise"))
    return batch_norm(x, settings, name=part(name, "pointwise_bn"))


def grouped_stem(
    x: Tensor,
    *,
    stem: Stem | None = None,
    pool_size: int = 2,
    binarization: Binarization | None = None,
    name: str | None = "stem",
) -> Tensor:
    """MeliusNet's first layers: three 3x3 convolutions, two of them grouped, in place of one 7x7.

    Args:
        x: images, (batch, height, width, channels).
        stem: `"imagenet"` reduces height and width four times, `"cifar"` not at all; None chooses by the height.
        pool_size: of the max-pool with stride 2: 2 as in larq-zoo, 3 as in the authors' code.
        binarization: gives the settings of batch norm, and the padding's alignment.
        name: of the block.

    Returns:
        (batch, height / 4, width / 4, 64), or (batch, height, width, 64).

    Source: MeliusNet, Bethge et al., 2020, arXiv 2001.05936.
    """
    small = choose_stem(x, stem) == "cifar"
    x = real_conv(x, 32, 3, strides=1 if small else 2, binarization=binarization, name=part(name, "conv"))
    for stage, (filters, groups) in enumerate(((32, 4), (64, 8))):
        x = batch_norm(x, binarization, name=part(name, f"bn{stage}"))
        x = keras.layers.ReLU(name=part(name, f"relu{stage}"))(x)
        x = grouped_conv(x, filters, 3, groups, name=part(name, f"grouped{stage}"))
    x = batch_norm(x, binarization, name=part(name, "bn2"))
    x = keras.layers.ReLU(name=part(name, "relu2"))(x)
    return x if small else stem_pool(x, pool_size, binarization=binarization, name=name)
