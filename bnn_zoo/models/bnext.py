"""BNext: a binary MobileNet whose convolutions are scaled by a mix of what goes into them and what comes out."""

from __future__ import annotations

from bnn_zoo._keras import Tensor
from bnn_zoo.blocks import (
    Binarization,
    batch_norm,
    choose_stem,
    head,
    mix_to_binary_conv,
    mix_to_binary_widening,
    prelu,
    real_conv,
)
from bnn_zoo.blocks.stem import Stem
from bnn_zoo.models.architecture import Paper, Published, architecture, variant

#: The temperature of training below which kernels are signs; above it they are weights over temperature, clipped to [-1, 1].
COLD = 1e-7

BNEXT = Binarization(clip_value=1.5, epsilon=1e-5, padding_alignment="symmetric")

_PAPER = Paper(
    "Join the High Accuracy Club on ImageNet with A Binary Neural Network Ticket",
    "Nianhui Guo, Joseph Bethge, Christoph Meinel, Haojin Yang",
    2022,
    "2211.12933",
)


@architecture("bnext_tiny", factory="BNextTiny", paper=_PAPER, published=(Published("imagenet", 72.4, None, "paper"),))
def bnext_tiny(
    x: Tensor,
    num_classes: int | None = None,
    *,
    filters: int = 32,
    section_blocks: tuple[int, ...] = (1, 2, 2, 6, 2),
    stem: Stem | None = None,
    binarization: Binarization = BNEXT,
) -> Tensor:
    """Blocks of a 3x3 and a 1x1 convolution, binary, each scaled by mix-to-binary attention; every second 3x3 one multiplies, too.

    Args:
        filters: channels of the stem; the first block of each section doubles them.
        section_blocks: how many blocks each section has; all sections but the first halve the picture.
        stem: "imagenet" (3x3 convolution with stride 2) or "cifar" (stride 1); chosen by the input size unless given.
        binarization: how the network binarizes.
    """
    x = real_conv(x, filters, 3, strides=1 if choose_stem(x, stem) == "cifar" else 2, binarization=binarization, name="stem_conv")
    x = batch_norm(x, binarization, name="stem_bn")
    multiplies = False
    for section, blocks in enumerate(section_blocks):
        for block in range(blocks):
            name = f"section_{section}_block_{block}"
            x = mix_to_binary_conv(
                x,
                strides=2 if section and not block else 1,
                elementwise_attention=multiplies,
                binarization=binarization,
                name=f"{name}_spatial",
            )
            if block:
                x = mix_to_binary_conv(x, kernel_size=1, binarization=binarization, name=f"{name}_pointwise")
            else:
                x = mix_to_binary_widening(x, binarization=binarization, name=f"{name}_pointwise")
            multiplies = not multiplies
    x = prelu(x, name="features")
    return x if num_classes is None else head(x, num_classes)


bnext_small = variant(
    bnext_tiny,
    "bnext_small",
    factory="BNextSmall",
    published=(Published("imagenet", 76.1, None, "paper"),),
    summary="BNextTiny with more filters.",
    filters=48,
)
bnext_middle = variant(
    bnext_tiny,
    "bnext_middle",
    factory="BNextMiddle",
    published=(Published("imagenet", 78.3, None, "paper"),),
    summary="BNextTiny with more filters and blocks.",
    filters=48,
    section_blocks=(1, 4, 4, 8, 4),
)
bnext_large = variant(
    bnext_tiny,
    "bnext_large",
    factory="BNextLarge",
    published=(Published("imagenet", 80.6, None, "paper"),),
    summary="BNextTiny with more filters and blocks.",
    filters=64,
    section_blocks=(1, 4, 4, 16, 4),
)
