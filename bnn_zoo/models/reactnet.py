"""ReActNet: Bi-Real Net and a binary MobileNet whose signs and PReLUs have learnt thresholds."""

from __future__ import annotations

from bnn_zoo._keras import Tensor
from bnn_zoo.blocks import (
    Binarization,
    batch_norm,
    choose_stem,
    head,
    react_conv,
    react_widening,
    real_conv,
    residual_stem,
)
from bnn_zoo.blocks.stem import Stem
from bnn_zoo.models.architecture import Paper, Published, architecture

#: As in the authors' own code, but for the clip of latent weights: see BIREALNET_OF_AUTHORS.
REACTNET = Binarization(
    input_quantizer="approx_sign",
    kernel_quantizer="magnitude_sign",
    epsilon=1e-5,
    padding_alignment="symmetric",
)

_PAPER = Paper(
    "ReActNet: Towards Precise Binary Neural Network with Generalized Activation Functions",
    "Zechun Liu, Zhiqiang Shen, Marios Savvides, Kwang-Ting Cheng",
    2020,
    "2003.03488",
)


@architecture("reactnet18", factory="ReActNet18", paper=_PAPER, published=(Published("imagenet", 65.9, None, "paper"),))
def reactnet18(
    x: Tensor,
    num_classes: int | None = None,
    *,
    filters: int = 64,
    section_blocks: tuple[int, ...] = (4, 4, 4, 4),
    stem: Stem | None = None,
    binarization: Binarization = REACTNET,
) -> Tensor:
    """Bi-Real Net with RSign in front of its convolutions and RPReLU behind its shortcuts.

    Args:
        filters: channels of the first section; each further section halves the picture and doubles them.
        section_blocks: how many convolutions each section has.
        stem: "imagenet" or "cifar"; chosen by the input size unless given.
        binarization: how the network binarizes.
    """
    x = residual_stem(x, filters, stem=stem, binarization=binarization)
    for section, blocks in enumerate(section_blocks):
        for block in range(blocks):
            x = react_conv(x, filters * 2**section, binarization=binarization, name=f"section_{section}_block_{block}")
    return x if num_classes is None else head(x, num_classes)


@architecture(
    "reactnet_a", factory="ReActNetA", paper=_PAPER, published=(Published("imagenet", 69.5, None, "authors' repository"),)
)
def reactnet_a(
    x: Tensor,
    num_classes: int | None = None,
    *,
    filters: int = 32,
    section_blocks: tuple[int, ...] = (1, 2, 2, 6, 2),
    stem: Stem | None = None,
    binarization: Binarization = REACTNET,
) -> Tensor:
    """MobileNet made binary: 3x3 and 1x1 convolutions in turn, each with RSign, a shortcut without weights and RPReLU.

    Args:
        filters: channels of the stem; the first block of each section doubles them.
        section_blocks: how many pairs of convolutions each section has; all sections but the first halve the picture.
        stem: "imagenet" (3x3 convolution with stride 2) or "cifar" (stride 1); chosen by the input size unless given.
        binarization: how the network binarizes.
    """
    x = real_conv(x, filters, 3, strides=1 if choose_stem(x, stem) == "cifar" else 2, binarization=binarization, name="stem_conv")
    x = batch_norm(x, binarization, name="stem_bn")
    for section, blocks in enumerate(section_blocks):
        for block in range(blocks):
            name = f"section_{section}_block_{block}"
            strides = 2 if section and not block else 1
            x = react_conv(x, strides=strides, binarization=binarization, name=f"{name}_spatial")
            if block:
                x = react_conv(x, kernel_size=1, binarization=binarization, name=f"{name}_pointwise")
            else:
                x = react_widening(x, binarization=binarization, name=f"{name}_pointwise")
    return x if num_classes is None else head(x, num_classes)
