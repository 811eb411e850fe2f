"""Binary DenseNet: binary convolutions that add features instead of replacing them."""

from __future__ import annotations

from bnn_zoo._keras import Tensor, keras
from bnn_zoo.blocks import Binarization, batch_norm, dense_block, head, residual_stem, transition_block
from bnn_zoo.blocks.stem import Stem
from bnn_zoo.models.architecture import Published, architecture, variant
from bnn_zoo.models.binary_resnet_e import PAPER

BINARY_DENSENET = Binarization(clip_value=1.3, epsilon=1e-5)


@architecture(
    "binary_densenet28",
    factory="BinaryDenseNet28",
    paper=PAPER,
    published=(Published("imagenet", 60.9, 82.8, "larq-zoo"),),
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


binary_densenet37 = variant(
    binary_densenet28,
    "binary_densenet37",
    factory="BinaryDenseNet37",
    published=(Published("imagenet", 62.9, 84.2, "larq-zoo"),),
    summary="Binary DenseNet with 37 layers.",
    section_blocks=(6, 8, 12, 6),
    reduction=(3.3, 3.3, 4),
)

binary_densenet37_dilated = variant(
    binary_densenet37,
    "binary_densenet37_dilated",
    factory="BinaryDenseNet37Dilated",
    published=(Published("imagenet", 64.3, 85.2, "larq-zoo"),),
    summary="Binary DenseNet with 37 layers, whose last two sections are dilated instead of pooled.",
    dilation_rates=(1, 1, 2, 4),
)

binary_densenet45 = variant(
    binary_densenet28,
    "binary_densenet45",
    factory="BinaryDenseNet45",
    published=(Published("imagenet", 64.6, 85.2, "larq-zoo"),),
    summary="Binary DenseNet with 45 layers.",
    section_blocks=(6, 12, 14, 8),
    reduction=(2.7, 3.3, 4),
)
