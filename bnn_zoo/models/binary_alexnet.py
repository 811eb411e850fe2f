"""BinaryAlexNet: AlexNet with binary weights and activations throughout."""

from __future__ import annotations

from bnn_zoo._keras import Tensor, keras
from bnn_zoo.blocks import Binarization, choose_stem, pooled_block, probabilities
from bnn_zoo.blocks.stem import Stem
from bnn_zoo.models.architecture import Published, architecture
from bnn_zoo.models.binarynet import PAPER

BINARY_ALEXNET = Binarization(kernel_initializer="glorot_uniform", scale=False)


@architecture(
    "binary_alexnet",
    factory="BinaryAlexNet",
    paper=PAPER,
    published=(Published("imagenet", 36.3, 61.5, "larq-zoo"),),
)
def binary_alexnet(
    x: Tensor,
    num_classes: int | None = None,
    *,
    inflation: int = 1,
    dense_units: tuple[int, ...] = (4096, 4096),
    stem: Stem | None = None,
    binarization: Binarization = BINARY_ALEXNET,
) -> Tensor:
    """Five binary convolutions, three of them pooled before batch norm, and binary dense layers written as 1x1 convolutions.

    Args:
        inflation: widens all convolutions but the last.
        dense_units: of the hidden dense layers.
        stem: "imagenet" (11x11 convolution with stride 4, max-pool) or "cifar" (3x3 with stride 1, no pool); chosen by the input
            size unless given.
        binarization: how the network binarizes.
    """
    small = choose_stem(x, stem) == "cifar"
    kernel_size, strides = (3, 1) if small else (11, 4)
    x = pooled_block(
        x,
        64 * inflation,
        kernel_size,
        strides=strides,
        pool_size=None if small else 3,
        binary_inputs=False,
        binarization=binarization,
        name="stem",
    )
    x = pooled_block(x, 192 * inflation, 5, binarization=binarization, name="section_0_block_0")
    x = pooled_block(x, 384 * inflation, pool_size=None, binarization=binarization, name="section_1_block_0")
    x = pooled_block(x, 384 * inflation, pool_size=None, binarization=binarization, name="section_1_block_1")
    x = pooled_block(x, 256, binarization=binarization, name="section_1_block_2")
    if num_classes is None:
        return x
    x = keras.layers.Reshape((1, 1, -1), name="classifier_reshape")(x)
    for layer, units in enumerate(dense_units):
        x = pooled_block(x, units, 1, pool_size=None, binarization=binarization, name=f"classifier_{layer}")
    x = pooled_block(x, num_classes, 1, pool_size=None, binarization=binarization, name="head")
    return probabilities(keras.layers.Flatten(name="head_flatten")(x))
