"""Group-Net: a residual network whose blocks are five binary branches each, with soft gates between them and a weighted sum."""

from __future__ import annotations

from typing import Literal

from bnn_zoo._keras import Tensor
from bnn_zoo.blocks import (
    Binarization,
    batch_norm,
    choose_stem,
    fully_convolutional_head,
    group_block,
    head,
    real_conv,
    stem_pool,
)
from bnn_zoo.blocks.stem import Stem, first_window
from bnn_zoo.models.architecture import Paper, Published, architecture, variant

GROUP_NET = Binarization(
    input_quantizer="approx_sign",
    kernel_quantizer="dorefa_sign",
    kernel_constraint=None,
    epsilon=1e-5,
    pad_values=1.0,
    padding_alignment="symmetric",
)

#: Pixels of the picture that one of the stem's features stands for; with the stem for small pictures all strides are a quarter.
_STEM_STRIDE = 4

_PAPER = Paper(
    "Structured Binary Neural Networks for Accurate Image Classification and Semantic Segmentation",
    "Bohan Zhuang, Chunhua Shen, Mingkui Tan, Lingqiao Liu, Ian Reid",
    2019,
    "1811.10413",
)


@architecture("group_net18", factory="GroupNet18", paper=_PAPER, published=(Published("imagenet", 64.8, 85.7, "paper"),))
def group_net18(
    x: Tensor,
    num_classes: int | None = None,
    *,
    filters: int = 64,
    section_blocks: tuple[int, ...] = (2, 2, 2, 2),
    bases: int = 5,
    first_base_sums: bool = False,
    stem: Stem | None = None,
    binarization: Binarization = GROUP_NET,
) -> Tensor:
    """Four sections of blocks; each further section halves the picture and doubles the filters.

    Args:
        filters: channels of the first section.
        section_blocks: how many blocks each section has, of two convolutions a base.
        bases: how many binary branches there are side by side.
        first_base_sums: a block hands the sum of its branches on as the first of them. So the authors' code without scales works,
            and the weights that it trained.
        stem: "imagenet" or "cifar"; chosen by the input size unless given.
        binarization: how the network binarizes.
    """
    x = _stem(x, filters, stem, binarization)
    x = _sections(x, filters, section_blocks, bases, binarization, first_base_sums=first_base_sums)
    return x if num_classes is None else head(x, num_classes)


group_net34 = variant(
    group_net18,
    "group_net34",
    factory="GroupNet34",
    published=(Published("imagenet", 68.5, 88.0, "paper"),),
    summary="GroupNet18 with more blocks.",
    section_blocks=(3, 4, 6, 3),
)


@architecture(
    "group_net18_segmentation",
    factory="GroupNet18Segmentation",
    paper=_PAPER,
    input_shape=(480, 480, 3),
    num_classes=21,
    per_pixel=True,
)
def group_net18_segmentation(
    x: Tensor,
    num_classes: int | None = None,
    *,
    filters: int = 64,
    section_blocks: tuple[int, ...] = (2, 2, 2, 2),
    bases: int = 5,
    output_stride: Literal[8, 16] = 8,
    stem: Stem | None = None,
    binarization: Binarization = GROUP_NET,
) -> Tensor:
    """GroupNet18 for semantic segmentation: the last sections keep the size, by binary parallel atrous convolutions (BPAC).

    Its probabilities are those of every pixel, (batch, height, width, num_classes). The dilation rates of five bases are 2 to 6 in
    the first section that keeps the size, 6 to 10 in the second, and so on, as in the paper; in the authors' code all bases end up
    with the last of them.

    Args:
        filters: channels of the first section; each further section doubles them.
        section_blocks: how many blocks each section has, of two convolutions a base.
        bases: how many binary branches there are side by side.
        output_stride: 8 or 16, how many pixels of the picture one of the features stands for; a quarter of that with the stem for
            small pictures. The sections keep the size from where it is reached: two of four at 8, one at 16.
        stem: "imagenet" or "cifar"; chosen by the input size unless given.
        binarization: how the network binarizes.
    """
    if output_stride not in (8, 16):
        raise ValueError(f"output_stride is {output_stride!r}; it must be 8 or 16.")
    reached = _STEM_STRIDE * 2 ** sum(map(bool, section_blocks[1:]))
    if reached < output_stride:
        raise ValueError(
            f"output_stride is {output_stride}, but section_blocks={section_blocks} reduce the picture {reached} times only; "
            "every section with blocks halves it, but the first: take more of them."
        )
    images = x
    x = _stem(x, filters, stem, binarization)
    x = _sections(x, filters, section_blocks, bases, binarization, output_stride)
    return x if num_classes is None else fully_convolutional_head(x, images, num_classes, binarization=binarization)


def _stem(x: Tensor, filters: int, stem: Stem | None, binarization: Binarization) -> Tensor:
    small = choose_stem(x, stem) == "cifar"
    kernel_size, strides = first_window(small)
    x = real_conv(x, filters, kernel_size, strides=strides, use_bias=True, binarization=binarization, name="stem_conv")
    if not small:
        x = stem_pool(x, binarization=binarization)
    return batch_norm(x, binarization, name="stem_bn")


def _sections(
    x: Tensor,
    filters: int,
    section_blocks: tuple[int, ...],
    bases: int,
    binarization: Binarization,
    output_stride: int | None = None,
    first_base_sums: bool = False,
) -> Tensor:
    branches = [x] * bases
    stride, least_rate = _STEM_STRIDE, 2
    for section, blocks in enumerate(section_blocks):
        rates = range(least_rate, least_rate + bases) if stride == output_stride else None
        halves = section and rates is None
        for block in range(blocks):
            x, branches = group_block(
                x,
                branches,
                filters * 2**section,
                strides=2 if halves and not block else 1,
                dilation_rates=rates,
                first_base_sums=first_base_sums,
                binarization=binarization,
                name=f"section_{section}_block_{block}",
            )
        if blocks and halves:
            stride *= 2
        elif blocks and rates:
            least_rate = rates[-1]
    return x
