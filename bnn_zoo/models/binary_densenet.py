"""Binary DenseNet: binary convolutions that add features instead of replacing them."""

from __future__ import annotations

from bnn_zoo._keras import Tensor, keras
from bnn_zoo.blocks import Binarization, batch_norm, dense_block, head, residual_stem, transition_block
from bnn_zoo.blocks.stem import Stem
from bnn_zoo.models.architecture import Paper, Published, architecture

BINARY_DENSENET = Binarization(clip_value=1.3, epsilon=1e-5)

_PAPER = Paper(
    "Back to Simplicity: How to Train Accurate BNNs from Scratch?",
    "Joseph Bethge, Haojin Yang, Marvin Bornstein, Christoph Meinel",
    2019,
    "1906.08637",
)


def _binary_densenet(
    x: Tensor,
    num_classes: int | None,
    section_blocks: tuple[int, ...],
    reduction: tuple[float, ...],
    dilation_rates: tuple[int, ...],
    filters: int,
    growth_rate: int,
    stem: Stem | None,
    binarization: Binarization,
) -> Tensor:
    for argument, given, needed in (
        ("reduction", reduction, len(section_blocks) - 1),
        ("dilation_rates", dilation_rates, len(section_blocks)),
    ):
        if len(given) != needed:
            raise ValueError(f"{argument} has {len(given)} entries; with {len(section_blocks)} section_blocks it needs {needed}.")
    x = residual_stem(
        x,
        filters,
        stem=stem,
        activation="relu",
        norm_in_cifar=False,
        kernel_initializer="he_normal",
        binarization=binarization,
    )
    for section, blocks in enumerate(section_blocks):
        if section:
            x = transition_block(
                x,
                _reduced(x.shape[-1], reduction[section - 1]),
                pool=dilation_rates[section] == 1,
                pool_padding="valid",
                kernel_initializer="he_normal",
                binarization=binarization,
                name=f"section_{section}_transition",
            )
        for block in range(blocks):
            x = dense_block(
                x,
                growth_rate,
                dilation_rate=dilation_rates[section],
                binarization=binarization,
                name=f"section_{section}_block_{block}",
            )
    x = batch_norm(x, binarization, name="features_bn")
    x = keras.layers.ReLU(name="features_relu")(x)
    return x if num_classes is None else head(x, num_classes, kernel_initializer="he_normal")


def _reduced(channels: int, reduction: float) -> int:
    # The published widths are multiples of 32; the floor division before rounding is the authors'.
    return max(round(channels // reduction / 32), 1) * 32


@architecture(
    "binary_densenet28",
    factory="BinaryDenseNet28",
    paper=_PAPER,
    published=(Published("imagenet", 60.9, 82.8, "larq-zoo"), Published("imagenet", 60.7, 82.4, "paper")),
)
def binary_densenet28(
    x: Tensor,
    num_classes: int | None = None,
    *,
    section_blocks: tuple[int, ...] = (6, 6, 6, 5),
    reduction: tuple[float, ...] = (2.7, 2.7, 2.2),
    dilation_rates: tuple[int, ...] = (1, 1, 1, 1),
    filters: int = 64,
    growth_rate: int = 64,
    stem: Stem | None = None,
    binarization: Binarization = BINARY_DENSENET,
) -> Tensor:
    """Four sections of dense blocks, with a pooling and narrowing transition between two of them.

    Args:
        section_blocks: how many convolutions each section has.
        reduction: by how much each transition narrows the features.
        dilation_rates: of each section's convolutions; a dilated section is not pooled.
        filters: channels of the stem.
        growth_rate: channels that each convolution adds.
        stem: "imagenet" or "cifar"; chosen by the input size unless given.
        binarization: how the network binarizes.
    """
    return _binary_densenet(x, num_classes, section_blocks, reduction, dilation_rates, filters, growth_rate, stem, binarization)


@architecture(
    "binary_densenet37",
    factory="BinaryDenseNet37",
    paper=_PAPER,
    published=(Published("imagenet", 62.9, 84.2, "larq-zoo"), Published("imagenet", 62.5, 83.9, "paper")),
)
def binary_densenet37(
    x: Tensor,
    num_classes: int | None = None,
    *,
    section_blocks: tuple[int, ...] = (6, 8, 12, 6),
    reduction: tuple[float, ...] = (3.3, 3.3, 4),
    dilation_rates: tuple[int, ...] = (1, 1, 1, 1),
    filters: int = 64,
    growth_rate: int = 64,
    stem: Stem | None = None,
    binarization: Binarization = BINARY_DENSENET,
) -> Tensor:
    """Binary DenseNet with 37 layers; the arguments are those of BinaryDenseNet28."""
    return _binary_densenet(x, num_classes, section_blocks, reduction, dilation_rates, filters, growth_rate, stem, binarization)


@architecture(
    "binary_densenet37_dilated",
    factory="BinaryDenseNet37Dilated",
    paper=_PAPER,
    published=(Published("imagenet", 64.3, 85.2, "larq-zoo"), Published("imagenet", 63.7, 84.7, "paper")),
)
def binary_densenet37_dilated(
    x: Tensor,
    num_classes: int | None = None,
    *,
    section_blocks: tuple[int, ...] = (6, 8, 12, 6),
    reduction: tuple[float, ...] = (3.3, 3.3, 4),
    dilation_rates: tuple[int, ...] = (1, 1, 2, 4),
    filters: int = 64,
    growth_rate: int = 64,
    stem: Stem | None = None,
    binarization: Binarization = BINARY_DENSENET,
) -> Tensor:
    """Binary DenseNet with 37 layers whose last two sections are dilated; the arguments are those of BinaryDenseNet28."""
    return _binary_densenet(x, num_classes, section_blocks, reduction, dilation_rates, filters, growth_rate, stem, binarization)


@architecture(
    "binary_densenet45",
    factory="BinaryDenseNet45",
    paper=_PAPER,
    published=(Published("imagenet", 64.6, 85.2, "larq-zoo"), Published("imagenet", 63.7, 84.8, "paper")),
)
def binary_densenet45(
    x: Tensor,
    num_classes: int | None = None,
    *,
    section_blocks: tuple[int, ...] = (6, 12, 14, 8),
    reduction: tuple[float, ...] = (2.7, 3.3, 4),
    dilation_rates: tuple[int, ...] = (1, 1, 1, 1),
    filters: int = 64,
    growth_rate: int = 64,
    stem: Stem | None = None,
    binarization: Binarization = BINARY_DENSENET,
) -> Tensor:
    """Binary DenseNet with 45 layers; the arguments are those of BinaryDenseNet28."""
    return _binary_densenet(x, num_classes, section_blocks, reduction, dilation_rates, filters, growth_rate, stem, binarization)
