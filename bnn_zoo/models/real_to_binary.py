"""Real-to-Binary: binary convolutions whose scales depend on the input, and the baseline whose scales do not."""

from __future__ import annotations

from bnn_zoo._keras import Tensor
from bnn_zoo.blocks import Binarization, gated_conv, head, residual_stem, scaled_conv
from bnn_zoo.blocks.scaling import Scaling
from bnn_zoo.blocks.stem import Stem
from bnn_zoo.models.architecture import Paper, Published, architecture

REAL_TO_BINARY = Binarization(momentum=0.99)

_PAPER = Paper(
    "Training Binary Neural Networks with Real-to-Binary Convolutions",
    "Brais Martinez, Jing Yang, Adrian Bulat, Georgios Tzimiropoulos",
    2020,
    "2003.11535",
)


@architecture(
    "strong_baseline_net",
    factory="StrongBaselineNet",
    paper=_PAPER,
    # From its developers' notes, by github.com/larq/zoo/issues/196; there is no weight file.
    published=(Published("imagenet", 62.0, None, "larq-zoo's developers"),),
)
def strong_baseline_net(
    x: Tensor,
    num_classes: int | None = None,
    *,
    filters: int = 64,
    section_blocks: tuple[int, ...] = (4, 4, 4, 4),
    scaling: Scaling | None = "outer",
    stem: Stem | None = None,
    binarization: Binarization = REAL_TO_BINARY,
) -> Tensor:
    """Four sections of binary convolutions with learnt scales and shortcuts; what Real-to-Binary is measured against.

    Args:
        filters: channels of the first section; each further section halves the picture and doubles them.
        section_blocks: how many convolutions each section has.
        scaling: learnt factors behind each binary convolution, as in XNOR-Net++: "channel", "outer" (whose weights fit one size of
            pictures only), or None.
        stem: "imagenet" or "cifar"; chosen by the input size unless given.
        binarization: how the network binarizes.
    """
    x = residual_stem(x, filters, stem=stem, activation="prelu", binarization=binarization)
    for section, blocks in enumerate(section_blocks):
        for block in range(blocks):
            x = scaled_conv(
                x, filters * 2**section, scaling=scaling, binarization=binarization, name=f"section_{section}_block_{block}"
            )
    return x if num_classes is None else head(x, num_classes, kernel_initializer="glorot_uniform")


@architecture(
    "real_to_binary_net",
    factory="RealToBinaryNet",
    paper=_PAPER,
    published=(Published("imagenet", 65.0, 85.7, "larq-zoo"),),
)
def real_to_binary_net(
    x: Tensor,
    num_classes: int | None = None,
    *,
    filters: int = 64,
    section_blocks: tuple[int, ...] = (4, 4, 4, 4),
    reduction: int = 8,
    stem: Stem | None = None,
    binarization: Binarization = REAL_TO_BINARY,
) -> Tensor:
    """Four sections of gated binary convolutions with shortcuts; each further section halves the picture and doubles the filters.

    Args:
        filters: channels of the first section.
        section_blocks: how many convolutions each section has.
        reduction: of the gates' hidden layers.
        stem: "imagenet" or "cifar"; chosen by the input size unless given.
        binarization: how the network binarizes.
    """
    x = residual_stem(x, filters, stem=stem, activation="prelu", binarization=binarization)
    for section, blocks in enumerate(section_blocks):
        for block in range(blocks):
            x = gated_conv(
                x,
                filters * 2**section,
                reduction=reduction,
                binarization=binarization,
                name=f"section_{section}_block_{block}",
            )
    return x if num_classes is None else head(x, num_classes, kernel_initializer="glorot_uniform")
