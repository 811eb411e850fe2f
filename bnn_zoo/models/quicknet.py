"""QuickNet: a residual BNN made for speed on phones."""

from __future__ import annotations

from bnn_zoo._keras import Tensor, keras
from bnn_zoo.blocks import Binarization, blurred_transition, conv_with_shortcut, head, separable_stem
from bnn_zoo.blocks.binarization import where_default
from bnn_zoo.blocks.stem import Stem
from bnn_zoo.models.architecture import Paper, Published, architecture, variant

QUICKNET = Binarization(clip_value=1.25, epsilon=1e-5, pad_values=1.0)


@architecture(
    "quicknet",
    factory="QuickNet",
    paper=Paper(
        "Larq Compute Engine: Design, Benchmark, and Deploy State-of-the-Art Binarized Neural Networks",
        "Tom Bannink, Arash Bakhtiari, Adam Hillier, Lukas Geiger, Tim de Bruin, Leon Overweel, Jelmer Neeven, Koen Helwegen",
        2020,
        "2011.09398",
    ),
    published=(Published("imagenet", 63.3, 84.6, "larq-zoo"),),
)
def quicknet(
    x: Tensor,
    num_classes: int | None = None,
    *,
    section_blocks: tuple[int, ...] = (4, 4, 4, 4),
    section_filters: tuple[int, ...] = (64, 128, 256, 512),
    stem: Stem | None = None,
    binarization: Binarization = QUICKNET,
) -> Tensor:
    """Sections of binary convolutions with shortcuts, with a blurred transition wherever the filters change.

    Args:
        section_blocks: how many convolutions each section has; with 0 it is left out, its transition too.
        section_filters: channels of each section; the first must be a multiple of four.
        stem: "imagenet" or "cifar"; chosen by the input size unless given.
        binarization: how the network binarizes.
    """
    if not section_filters or len(section_blocks) != len(section_filters):
        raise ValueError(
            f"section_blocks has {len(section_blocks)} entries and section_filters {len(section_filters)}; "
            "both need one for each section, of which there must be one at least."
        )
    # larq-zoo gives the stem's batch norms no settings: they have those of Keras.
    stem_settings = where_default(binarization, QUICKNET, momentum=0.99, epsilon=1e-3)
    x = separable_stem(x, section_filters[0], stem=stem, binarization=stem_settings)
    for section, (blocks, filters) in enumerate(zip(section_blocks, section_filters, strict=True)):
        if blocks and filters != x.shape[-1]:  # an empty section has no transition either, as in larq-zoo
            x = blurred_transition(x, filters, binarization=binarization, name=f"section_{section}_transition")
        for block in range(blocks):
            x = conv_with_shortcut(x, activation="relu", binarization=binarization, name=f"section_{section}_block_{block}")
    if num_classes is None:
        return x
    return head(keras.layers.ReLU(name="head_relu")(x), num_classes)


quicknet_small = variant(
    quicknet,
    "quicknet_small",
    factory="QuickNetSmall",
    published=(Published("imagenet", 59.4, 81.8, "larq-zoo"),),
    summary="QuickNet with narrower first sections.",
    section_filters=(32, 64, 256, 512),
)

quicknet_large = variant(
    quicknet,
    "quicknet_large",
    factory="QuickNetLarge",
    published=(Published("imagenet", 66.9, 87.0, "larq-zoo"),),
    summary="QuickNet with more convolutions.",
    section_blocks=(6, 8, 12, 6),
)
