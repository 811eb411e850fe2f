"""XNOR-Net: binary convolutions whose filters keep their mean magnitude."""

from __future__ import annotations

from bnn_zoo._keras import Tensor, keras
from bnn_zoo.blocks import Binarization, batch_norm, choose_stem, pooled_block, probabilities, real_conv
from bnn_zoo.blocks.binarization import make_regularizer, where_default
from bnn_zoo.blocks.stem import Stem
from bnn_zoo.models.architecture import Paper, Published, architecture

XNORNET = Binarization(
    kernel_quantizer="xnor_scale", kernel_initializer="glorot_uniform", kernel_l2=5e-7, scale=False, epsilon=1e-4
)


@architecture(
    "xnornet",
    factory="XNORNet",
    paper=Paper(
        "XNOR-Net: ImageNet Classification Using Binary Convolutional Neural Networks",
        "Mohammad Rastegari, Vicente Ordonez, Joseph Redmon, Ali Farhadi",
        2016,
        "1603.05279",
    ),
    published=(Published("imagenet", 45.0, 69.2, "larq-zoo"), Published("imagenet", 44.2, None, "paper")),
)
def xnornet(
    x: Tensor,
    num_classes: int | None = None,
    *,
    dense_units: tuple[int, int] = (4096, 4096),
    stem: Stem | None = None,
    binarization: Binarization = XNORNET,
) -> Tensor:
    """AlexNet with pooling before batch norm; its dense layers are written as convolutions, the first of them 6x6.

    Args:
        dense_units: of the two hidden dense layers.
        stem: "imagenet" (11x11 convolution with stride 4, max-pool) or "cifar" (3x3 with stride 1, no pool); chosen by the input
            size unless given.
        binarization: how the network binarizes.
    """
    if len(dense_units) != 2:
        raise ValueError(
            f"dense_units is {dense_units}; it must be two numbers, one for each hidden dense layer, as in (4096, 4096)."
        )
    small = choose_stem(x, stem) == "cifar"
    regularizer = make_regularizer(binarization)
    kernel_size, strides = (3, 1) if small else (11, 4)
    x = real_conv(
        x,
        96,
        kernel_size,
        strides=strides,
        kernel_initializer="glorot_uniform",
        kernel_regularizer=regularizer,
        binarization=binarization,
        name="stem_conv",
    )
    x = batch_norm(x, where_default(binarization, XNORNET, epsilon=1e-5), name="stem_bn")
    x = keras.layers.ReLU(name="stem_relu")(x)
    if not small:
        x = keras.layers.MaxPooling2D(3, strides=2, name="stem_pool")(x)
    x = batch_norm(x, binarization, name="stem_pool_bn")
    x = pooled_block(x, 256, 5, binarization=binarization, name="section_0_block_0")
    x = pooled_block(x, 384, pool_size=None, binarization=binarization, name="section_1_block_0")
    x = pooled_block(x, 384, pool_size=None, binarization=binarization, name="section_1_block_1")
    x = pooled_block(x, 256, binarization=binarization, name="section_1_block_2")
    x = pooled_block(x, dense_units[0], 6, padding="valid", pool_size=None, binarization=binarization, name="classifier_0")
    if num_classes is None:
        return x
    last = where_default(binarization, XNORNET, epsilon=1e-3)
    x = pooled_block(x, dense_units[1], 1, pool_size=None, binarization=last, name="classifier_1")
    x = keras.layers.ReLU(name="classifier_relu")(x)
    x = keras.layers.Flatten(name="classifier_flatten")(x)
    x = keras.layers.Dense(num_classes, use_bias=False, kernel_regularizer=regularizer, name="head_dense")(x)
    return probabilities(x)
