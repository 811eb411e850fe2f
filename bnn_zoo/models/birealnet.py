"""Bi-Real Net: a shortcut around every binary convolution."""

from __future__ import annotations

from dataclasses import replace

from bnn_zoo._keras import Tensor
from bnn_zoo.blocks import Binarization, conv_with_shortcut, head, residual_stem
from bnn_zoo.blocks.scaling import Scaling
from bnn_zoo.blocks.stem import Stem
from bnn_zoo.models.architecture import Paper, Published, architecture, variant

BIREALNET = Binarization(input_quantizer="approx_sign", kernel_quantizer="magnitude_aware_sign", momentum=0.8, epsilon=1e-3)

#: As in the authors' own code: padding and epsilon are PyTorch's, and the kernels' gradient is not scaled. Only that they clip no
#: latent weights, which get no gradient outside [-1, 1] and stay there, is not done: such weights would never change again.
BIREALNET_OF_AUTHORS = replace(
    BIREALNET, kernel_quantizer="magnitude_sign", momentum=0.9, epsilon=1e-5, padding_alignment="symmetric"
)


@architecture(
    "birealnet",
    factory="BiRealNet",
    paper=Paper(
        "Bi-Real Net: Enhancing the Performance of 1-bit CNNs with Improved Representational Capability and Advanced Training "
        "Algorithm",
        "Zechun Liu, Baoyuan Wu, Wenhan Luo, Xin Yang, Wei Liu, Kwang-Ting Cheng",
        2018,
        "1808.00278",
    ),
    published=(
        Published("imagenet", 57.5, 79.8, "larq-zoo"),
        Published("imagenet", 56.4, None, "paper"),
    ),
)
def birealnet(
    x: Tensor,
    num_classes: int | None = None,
    *,
    filters: int = 64,
    section_blocks: tuple[int, ...] = (4, 4, 4, 4),
    scaling: Scaling | None = None,
    stem: Stem | None = None,
    binarization: Binarization = BIREALNET,
) -> Tensor:
    """Four sections of binary convolutions with shortcuts; each further section halves the picture and doubles the filters.

    Args:
        filters: channels of the first section.
        section_blocks: how many convolutions each section has.
        scaling: learnt factors behind each binary convolution, as in XNOR-Net++: "channel", "outer", or None.
        stem: "imagenet" or "cifar"; chosen by the input size unless given.
        binarization: how the network binarizes.
    """
    x = residual_stem(x, filters, stem=stem, binarization=binarization)
    for section, blocks in enumerate(section_blocks):
        for block in range(blocks):
            x = conv_with_shortcut(
                x, filters * 2**section, scaling=scaling, binarization=binarization, name=f"section_{section}_block_{block}"
            )
    return x if num_classes is None else head(x, num_classes, kernel_initializer="glorot_uniform")


birealnet34 = variant(
    birealnet,
    "birealnet34",
    factory="BiRealNet34",
    published=(Published("imagenet", 62.2, 83.9, "paper"),),
    summary="Bi-Real Net with 34 layers, padded as in the authors' code.",
    section_blocks=(6, 8, 12, 6),
    binarization=BIREALNET_OF_AUTHORS,
)
