"""MeliusNet: dense blocks that add features, improvement blocks that better them."""

from __future__ import annotations

from typing import Any, Literal

from bnn_zoo._keras import Tensor, keras
from bnn_zoo.blocks import (
    Binarization,
    batch_norm,
    dense_block,
    grouped_stem,
    head,
    improvement_block,
    transition_block,
)
from bnn_zoo.blocks.stem import Stem
from bnn_zoo.models.architecture import Paper, Published, architecture, variant
from bnn_zoo.models.bmxnet import BMXNET

MELIUSNET = Binarization(clip_value=1.3, epsilon=1e-5)

#: As in the authors' own code, where the stem's pool is larger, and transitions drop the last row and column of odd sizes.
_OF_AUTHORS: dict[str, Any] = {"stem_pool": 3, "transition_padding": "valid", "binarization": BMXNET}


@architecture(
    "meliusnet22",
    factory="MeliusNet22",
    paper=Paper(
        "MeliusNet: Can Binary Neural Networks Achieve MobileNet-level Accuracy?",
        "Joseph Bethge, Christian Bartz, Haojin Yang, Ying Chen, Christoph Meinel",
        2020,
        "2001.05936",
    ),
    published=(
        Published("imagenet", 62.4, 83.9, "larq-zoo"),
        Published("imagenet", 63.6, 84.7, "authors' repository"),
    ),
)
def meliusnet22(
    x: Tensor,
    num_classes: int | None = None,
    *,
    section_blocks: tuple[int, ...] = (4, 5, 4, 4),
    transition_filters: tuple[int, ...] = (160, 224, 256),
    transition_groups: int = 1,
    transition_padding: Literal["same", "valid"] = "same",
    growth_rate: int = 64,
    stem_pool: int = 2,
    stem: Stem | None = None,
    binarization: Binarization = MELIUSNET,
) -> Tensor:
    """Four sections of dense and improvement blocks in turn, with a pooling and narrowing transition between two of them.

    Args:
        section_blocks: how many pairs of blocks each section has.
        transition_filters: channels behind each transition.
        transition_groups: of the transitions' 1x1 convolutions; more than one save operations in full precision.
        transition_padding: of the transitions' max-pools; `"valid"` drops the last row and column of an odd height or width.
        growth_rate: channels that each pair adds and improves.
        stem_pool: height and width of the stem's max-pool.
        stem: "imagenet" or "cifar"; chosen by the input size unless given.
        binarization: how the network binarizes.
    """
    if len(transition_filters) != len(section_blocks) - 1:
        raise ValueError(
            f"transition_filters has {len(transition_filters)} entries; with {len(section_blocks)} section_blocks it needs "
            f"{len(section_blocks) - 1}, one between two sections."
        )
    x = grouped_stem(x, stem=stem, pool_size=stem_pool, binarization=binarization)
    for section, blocks in enumerate(section_blocks):
        if section:
            x = transition_block(
                x,
                transition_filters[section - 1],
                pool_padding=transition_padding,
                groups=transition_groups,
                binarization=binarization,
                name=f"section_{section}_transition",
            )
        for block in range(blocks):
            name = f"section_{section}_block_{block}"
            x = dense_block(x, growth_rate, binarization=binarization, name=f"{name}_dense")
            x = improvement_block(x, growth_rate, binarization=binarization, name=f"{name}_improve")
    x = batch_norm(x, binarization, name="features_bn")
    x = keras.layers.ReLU(name="features_relu")(x)
    return x if num_classes is None else head(x, num_classes)


meliusnet29 = variant(
    meliusnet22,
    "meliusnet29",
    factory="MeliusNet29",
    published=(Published("imagenet", 65.8, 86.2, "authors' repository"),),
    summary="MeliusNet with 29 layers.",
    section_blocks=(4, 6, 8, 6),
    transition_filters=(128, 192, 256),
    **_OF_AUTHORS,
)

meliusnet42 = variant(
    meliusnet22,
    "meliusnet42",
    factory="MeliusNet42",
    published=(Published("imagenet", 69.2, 88.3, "authors' repository"),),
    summary="MeliusNet with 42 layers.",
    section_blocks=(5, 8, 14, 10),
    transition_filters=(160, 256, 416),
    **_OF_AUTHORS,
)

meliusnet59 = variant(
    meliusnet22,
    "meliusnet59",
    factory="MeliusNet59",
    published=(Published("imagenet", 70.7, 89.2, "authors' repository"),),
    summary="MeliusNet with 59 layers.",
    section_blocks=(6, 12, 24, 12),
    transition_filters=(192, 320, 544),
    **_OF_AUTHORS,
)

meliusnet_a = variant(
    meliusnet22,
    "meliusnet_a",
    factory="MeliusNetA",
    published=(Published("imagenet", 63.4, 84.2, "authors' repository"),),
    summary="MeliusNetA: its transitions shuffle the channels and convolve them in 4 groups.",
    section_blocks=(4, 5, 5, 6),
    transition_filters=(160, 256, 288),
    transition_groups=4,
    **_OF_AUTHORS,
)

meliusnet_b = variant(
    meliusnet22,
    "meliusnet_b",
    factory="MeliusNetB",
    published=(Published("imagenet", 65.7, 85.9, "authors' repository"),),
    summary="MeliusNetB: its transitions shuffle the channels and convolve them in 2 groups.",
    section_blocks=(4, 6, 8, 6),
    transition_filters=(160, 224, 320),
    transition_groups=2,
    **_OF_AUTHORS,
)

meliusnet_c = variant(
    meliusnet22,
    "meliusnet_c",
    factory="MeliusNetC",
    published=(Published("imagenet", 64.1, 85.0, "authors' repository"),),
    summary="MeliusNetC: its transitions shuffle the channels and convolve them in 4 groups.",
    section_blocks=(3, 5, 10, 6),
    transition_filters=(128, 192, 288),
    transition_groups=4,
    **_OF_AUTHORS,
)
