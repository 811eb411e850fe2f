"""A&B BNN: ReActNet without batch norm, and with slopes that are powers of two, so that inference need not multiply."""

from __future__ import annotations

from bnn_zoo._keras import Tensor
from bnn_zoo.blocks import (
    Binarization,
    NormFree,
    choose_stem,
    head,
    react_conv,
    react_widening,
    standardized_conv,
    stem_pool,
)
from bnn_zoo.blocks.stem import Stem, first_window
from bnn_zoo.models.architecture import Paper, Published, architecture, variant

AB_BNN = Binarization(
    input_quantizer="sigmoid_sign",
    kernel_quantizer="standardized_sign",
    kernel_constraint=None,
    padding_alignment="symmetric",
)

_PAPER = Paper(
    "A&B BNN: Add&Bit-Operation-Only Hardware-Friendly Binary Neural Network",
    "Ruichen Ma, Guanchao Qiao, Yian Liu, Liwei Meng, Ning Ning, Yang Liu, Shaogang Hu",
    2024,
    "2403.03739",
)


@architecture(
    "ab_reactnet18",
    factory="ABReActNet18",
    paper=_PAPER,
    published=(Published("imagenet", 61.39, None, "paper"), Published("cifar10", 91.94, None, "paper")),
)
def ab_reactnet18(
    x: Tensor,
    num_classes: int | None = None,
    *,
    filters: int = 64,
    section_blocks: tuple[int, ...] = (4, 4, 4, 4),
    alpha: float = 0.25,
    stem: Stem | None = None,
    binarization: Binarization = AB_BNN,
) -> Tensor:
    """ReActNet18 with standardized kernels and learnt gains in place of batch norm.

    Args:
        filters: channels of the first section; each further section halves the picture and doubles them.
        section_blocks: how many convolutions each section has.
        alpha: weight of each binary convolution beside its shortcut.
        stem: "imagenet" or "cifar"; chosen by the input size unless given.
        binarization: how the network binarizes.
    """
    small = choose_stem(x, stem) == "cifar"
    kernel_size, strides = first_window(small)
    x = standardized_conv(x, filters, kernel_size, strides=strides, binarization=binarization, name="stem")
    if not small:
        x = stem_pool(x, binarization=binarization)
    variance = 1.0
    for section, blocks in enumerate(section_blocks):
        for block in range(blocks):
            x = react_conv(
                x,
                filters * 2**section,
                norm_free=NormFree(alpha, variance),
                binarization=binarization,
                name=f"section_{section}_block_{block}",
            )
            # As the authors count: a section begins with 1, whatever its first convolution adds.
            variance = variance + alpha**2 if block else 1.0
    return x if num_classes is None else head(x, num_classes)


ab_reactnet34 = variant(
    ab_reactnet18,
    "ab_reactnet34",
    factory="ABReActNet34",
    published=(Published("imagenet", 65.19, None, "paper"),),
    summary="ABReActNet18 with more convolutions.",
    section_blocks=(6, 8, 12, 6),
)


@architecture(
    "ab_reactnet_a",
    factory="ABReActNetA",
    paper=_PAPER,
    published=(Published("imagenet", 66.89, None, "paper"), Published("cifar10", 89.44, None, "paper")),
)
def ab_reactnet_a(
    x: Tensor,
    num_classes: int | None = None,
    *,
    filters: int = 32,
    section_blocks: tuple[int, ...] = (1, 2, 2, 6, 2),
    alpha: float = 0.25,
    stem: Stem | None = None,
    binarization: Binarization = AB_BNN,
) -> Tensor:
    """ReActNetA with standardized kernels and learnt gains in place of batch norm.

    Args:
        filters: channels of the stem; the first block of each section doubles them.
        section_blocks: how many pairs of convolutions each section has; all sections but the first halve the picture.
        alpha: weight of each binary convolution beside its shortcut.
        stem: "imagenet" (3x3 convolution with stride 2) or "cifar" (stride 1); chosen by the input size unless given.
        binarization: how the network binarizes.
    """
    x = standardized_conv(x, filters, strides=1 if choose_stem(x, stem) == "cifar" else 2, binarization=binarization, name="stem")
    variance = 1.0
    for section, blocks in enumerate(section_blocks):
        for block in range(blocks):
            name = f"section_{section}_block_{block}"
            halves = bool(section) and not block
            spatial, pointwise = NormFree(alpha, variance), NormFree(alpha, variance + alpha**2)
            x = react_conv(x, strides=2 if halves else 1, norm_free=spatial, binarization=binarization, name=f"{name}_spatial")
            if block:
                x = react_conv(x, kernel_size=1, norm_free=pointwise, binarization=binarization, name=f"{name}_pointwise")
            else:
                x = react_widening(x, norm_free=pointwise, binarization=binarization, name=f"{name}_pointwise")
            variance = 1.0 if halves else variance + 2 * alpha**2
    return x if num_classes is None else head(x, num_classes)
