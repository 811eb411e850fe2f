"""Networks in full precision that teach binarized ones. They are no part of the zoo."""

from __future__ import annotations

from collections.abc import Callable

from bnn_zoo._keras import Tensor, keras
from bnn_zoo.blocks import Binarization, batch_norm, head, real_conv, residual_stem
from bnn_zoo.blocks.shortcut import pointwise_shortcut
from bnn_zoo.blocks.stem import Stem

_NORM = Binarization(momentum=0.99)
_PYTORCH = Binarization(momentum=0.9, epsilon=1e-5, padding_alignment="symmetric")


def resnet18(
    x: Tensor,
    num_classes: int | None,
    *,
    filters: int = 64,
    section_blocks: tuple[int, ...] = (4, 4, 4, 4),
    stem: Stem | None = None,
) -> Tensor:
    """The ResNet-18 that teaches Real-to-Binary networks; where the shape changes, its shortcut is theirs.

    Args:
        x: (batch, height, width, channels).
        num_classes: of the probabilities.
        filters: channels of the first section.
        section_blocks: how many convolutions each section has; a shortcut goes around two of them.
        stem: "imagenet" or "cifar"; chosen by the input size unless given.

    Returns:
        Probabilities, (batch, num_classes).

    Raises:
        ValueError: if a section has an odd number of convolutions.

    Source: Training Binary Neural Networks with Real-to-Binary Convolutions, Martinez et al., 2020, arXiv 2003.11535.
    """
    if num_classes is None or any(blocks % 2 for blocks in section_blocks):
        raise ValueError(f"section_blocks is {section_blocks!r}; a resnet18 needs even numbers, and a head.")
    x = residual_stem(x, filters, stem=stem, activation="relu", binarization=_NORM)
    for section, blocks in enumerate(section_blocks):
        for block in range(1, blocks, 2):
            x = _residual_block(x, filters * 2**section, f"section_{section}_block_{block}")
    return head(x, num_classes, kernel_initializer="glorot_uniform")


def resnet34(x: Tensor, num_classes: int | None, *, stem: Stem | None = None) -> Tensor:
    """The ResNet-34 that teaches ReActNets, of one size whatever theirs is; padding and batch norm are torchvision's.

    Args:
        x: (batch, height, width, channels).
        num_classes: of the probabilities.
        stem: "imagenet" or "cifar"; chosen by the input size unless given.

    Returns:
        Probabilities, (batch, num_classes).

    Raises:
        ValueError: without a number of classes.

    Source: Deep Residual Learning for Image Recognition, He et al., 2015, arXiv 1512.03385.
    """
    if num_classes is None:
        raise ValueError("a resnet34 needs a head: it teaches by its probabilities.")
    x = residual_stem(x, 64, stem=stem, activation="relu", binarization=_PYTORCH)
    for section, blocks in enumerate((3, 4, 6, 3)):
        for block in range(blocks):
            x = _basic_block(x, 64 * 2**section, f"section_{section}_block_{block}")
    return head(x, num_classes, kernel_initializer="glorot_uniform")


def _residual_block(x: Tensor, filters: int, name: str) -> Tensor:
    """As larq-zoo's: a ReLU stands before the sum too."""
    strides = 1 if x.shape[-1] == filters else 2
    shortcut = x if strides == 1 else pointwise_shortcut(x, filters, strides=strides, binarization=_NORM, name=name)
    for half in (0, 1):
        x = _conv_and_norm(x, filters, strides=1 if half else strides, name=name, part=half, binarization=_NORM)
        x = keras.layers.ReLU(name=f"{name}_relu{half}")(x)
    x = keras.layers.Add(name=f"{name}_sum")([x, shortcut])
    # Named as the end of the block that it teaches, so that attention is compared under one name.
    return keras.layers.ReLU(name=f"{name}_add")(x)


def _basic_block(x: Tensor, filters: int, name: str) -> Tensor:
    strides, shortcut = 1, x
    if x.shape[-1] != filters:
        strides = 2
        shortcut = real_conv(x, filters, 1, strides=strides, binarization=_PYTORCH, name=f"{name}_shortcut_conv")
        shortcut = batch_norm(shortcut, _PYTORCH, name=f"{name}_shortcut_bn")
    x = _conv_and_norm(x, filters, strides=strides, name=name, part=0, binarization=_PYTORCH)
    x = keras.layers.ReLU(name=f"{name}_relu0")(x)
    x = _conv_and_norm(x, filters, strides=1, name=name, part=1, binarization=_PYTORCH)
    x = keras.layers.Add(name=f"{name}_sum")([x, shortcut])
    return keras.layers.ReLU(name=f"{name}_add")(x)


def _conv_and_norm(x: Tensor, filters: int, *, strides: int, name: str, part: int, binarization: Binarization) -> Tensor:
    x = real_conv(x, filters, strides=strides, binarization=binarization, name=f"{name}_conv{part}")
    return batch_norm(x, binarization, name=f"{name}_bn{part}")


#: By name, as `Stage.network` says them.
TEACHERS: dict[str, Callable[..., Tensor]] = {"resnet18": resnet18, "resnet34": resnet34}
