"""Bi-Real Net with bottlenecks, as deep networks have them."""

from __future__ import annotations

from bnn_zoo._keras import Tensor
from bnn_zoo.blocks import Binarization, bottleneck_with_shortcuts, head, residual_stem
from bnn_zoo.blocks.scaling import Scaling
from bnn_zoo.blocks.stem import Stem
from bnn_zoo.models.architecture import Paper, Published, architecture
from bnn_zoo.models.birealnet import BIREALNET_OF_AUTHORS


@architecture(
    "birealnet50",
    factory="BiRealNet50",
    paper=Paper(
        "Bi-Real Net: Binarizing Deep Network Towards Real-Network Performance",
        "Zechun Liu, Wenhan Luo, Baoyuan Wu, Xin Yang, Wei Liu, Kwang-Ting Cheng",
        2018,
        "1811.01335",
    ),
    published=(Published("imagenet", 62.6, 83.9, "authors' repository"),),
)
def birealnet50(
    x: Tensor,
    num_classes: int | None = None,
    *,
    filters: int = 64,
    section_blocks: tuple[int, ...] = (3, 4, 6, 3),
    scaling: Scaling | None = None,
    stem: Stem | None = None,
    binarization: Binarization = BIREALNET_OF_AUTHORS,
) -> Tensor:
    """Four sections of bottlenecks, with a shortcut around each of their three convolutions.

    Args:
        filters: channels of the first section's narrow path; the wide one has four times as many.
        section_blocks: how many bottlenecks each section has.
        scaling: learnt factors behind each binary convolution, as in XNOR-Net++: "channel", "outer", or None.
        stem: "imagenet" or "cifar"; chosen by the input size unless given.
        binarization: how the network binarizes.
    """
    x = residual_stem(x, filters, stem=stem, binarization=binarization)
    narrow = None
    for section, blocks in enumerate(section_blocks):
        for block in range(blocks):
            x, narrow = bottleneck_with_shortcuts(
                x,
                narrow,
                4 * filters * 2**section,
                strides=2 if section and not block else 1,
                scaling=scaling,
                binarization=binarization,
                name=f"section_{section}_block_{block}",
            )
    return x if num_classes is None else head(x, num_classes, kernel_initializer="glorot_uniform")
