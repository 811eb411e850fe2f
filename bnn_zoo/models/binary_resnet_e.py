"""BinaryResNetE: a ResNet whose every convolution has a shortcut of its own."""

from __future__ import annotations

from bnn_zoo._keras import Tensor, keras
from bnn_zoo.blocks import Binarization, batch_norm, choose_stem, conv_with_shortcut, head, residual_stem
from bnn_zoo.blocks.binarization import where_default
from bnn_zoo.blocks.scaling import Scaling
from bnn_zoo.blocks.stem import Stem
from bnn_zoo.models.architecture import Paper, Published, architecture, variant
from bnn_zoo.models.bmxnet import BMXNET

PAPER = Paper(
    "Back to Simplicity: How to Train Accurate BNNs from Scratch?",
    "Joseph Bethge, Haojin Yang, Marvin Bornstein, Christoph Meinel",
    2019,
    "1906.08637",
)

BINARY_RESNET_E = Binarization(clip_value=1.25, epsilon=1e-5)


@architecture(
    "binary_resnet_e18",
    factory="BinaryResNetE18",
    paper=PAPER,
    published=(Published("imagenet", 58.3, 80.8, "larq-zoo"),),
)
def binary_resnet_e18(
    x: Tensor,
    num_classes: int | None = None,
    *,
    filters: int = 64,
    section_blocks: tuple[int, ...] = (4, 4, 4, 4),
    input_norm: bool = False,
    scaling: Scaling | None = None,
    stem: Stem | None = None,
    binarization: Binarization = BINARY_RESNET_E,
) -> Tensor:
    """Four sections of binary convolutions with shortcuts; each further section halves the picture and doubles the filters.

    Args:
        filters: channels of the first section.
        section_blocks: how many convolutions each section has: two for each block of the ResNet.
        input_norm: begins with a batch norm of the picture, which has no gamma.
        scaling: learnt factors behind each binary convolution, as in XNOR-Net++: "channel", "outer", or None.
        stem: "imagenet" or "cifar"; chosen by the input size unless given.
        binarization: how the network binarizes.
    """
    stem = choose_stem(x, stem)
    if input_norm:
        x = batch_norm(x, where_default(binarization, BINARY_RESNET_E, epsilon=2e-5, scale=False), name="stem_input_bn")
    x = residual_stem(
        x,
        filters,
        stem=stem,
        activation="relu",
        norm_in_cifar=False,
        kernel_initializer="he_normal",
        binarization=binarization,
    )
    if stem == "imagenet":
        x = batch_norm(x, binarization, name="stem_pool_bn")
    for section, blocks in enumerate(section_blocks):
        for block in range(blocks):
            x = conv_with_shortcut(
                x, filters * 2**section, scaling=scaling, binarization=binarization, name=f"section_{section}_block_{block}"
            )
    x = keras.layers.ReLU(name="features_relu")(x)
    return x if num_classes is None else head(x, num_classes)


binary_resnet_e34 = variant(
    binary_resnet_e18,
    "binary_resnet_e34",
    factory="BinaryResNetE34",
    published=(Published("imagenet", 63.2, 84.7, "authors' repository"),),
    summary="BinaryResNetE with 34 layers.",
    section_blocks=(6, 8, 12, 6),
    # As in the authors' own code, whose figures these are; the 18 layers are larq-zoo's.
    input_norm=True,
    binarization=BMXNET,
)
