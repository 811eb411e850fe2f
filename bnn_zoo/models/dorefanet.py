"""DoReFa-Net: AlexNet with 1-bit weights and activations of a few bits."""

from __future__ import annotations

from typing import Any

from bnn_zoo._keras import Tensor, keras
from bnn_zoo.blocks import (
    Binarization,
    batch_norm,
    binary_dense,
    choose_stem,
    pooled_block,
    probabilities,
    real_conv,
)
from bnn_zoo.blocks.stem import Stem
from bnn_zoo.models.architecture import Paper, Published, architecture

DOREFANET = Binarization(
    input_quantizer="dorefa",
    kernel_quantizer="dorefa_sign",
    kernel_constraint=None,
    kernel_initializer="glorot_uniform",
    scale=False,
    epsilon=1e-4,
    activation_bits=2,
)


@architecture(
    "dorefanet",
    factory="DoReFaNet",
    paper=Paper(
        "DoReFa-Net: Training Low Bitwidth Convolutional Neural Networks with Low Bitwidth Gradients",
        "Shuchang Zhou, Yuxin Wu, Zekun Ni, Xinyu Zhou, He Wen, Yuheng Zou",
        2016,
        "1606.06160",
    ),
    published=(Published("imagenet", 53.4, 76.5, "larq-zoo"),),
)
def dorefanet(
    x: Tensor,
    num_classes: int | None = None,
    *,
    dense_units: tuple[int, ...] = (4096, 4096),
    stem: Stem | None = None,
    binarization: Binarization = DOREFANET,
) -> Tensor:
    """AlexNet with max-pool behind batch norm, as its authors have it.

    Args:
        dense_units: of the hidden dense layers.
        stem: "imagenet" (12x12 convolution with stride 4) or "cifar" (3x3 with stride 1); chosen by the input size unless given.
        binarization: how the network binarizes; `activation_bits` is the precision of the activations.
    """
    first: dict[str, Any] = dict(use_bias=True, kernel_initializer="glorot_uniform", binarization=binarization, name="stem_conv")
    if choose_stem(x, stem) == "cifar":
        x = real_conv(x, 96, 3, **first)
    else:
        x = real_conv(x, 96, 12, strides=4, padding="valid", **first)
    pooled: dict[str, Any] = dict(order="norm_pool", pool_padding="same", binarization=binarization)
    x = pooled_block(x, 256, 5, **pooled, name="section_0_block_0")
    x = pooled_block(x, 384, **pooled, name="section_1_block_0")
    x = pooled_block(x, 384, **{**pooled, "pool_size": None}, name="section_2_block_0")
    x = pooled_block(x, 256, **{**pooled, "pool_padding": "valid"}, name="section_2_block_1")
    if num_classes is None:
        return x
    x = keras.layers.Flatten(name="classifier_flatten")(x)
    for layer, units in enumerate(dense_units):
        x = binary_dense(x, units, binarization=binarization, name=f"classifier_{layer}_dense")
        x = batch_norm(x, binarization, name=f"classifier_{layer}_bn")
    x = keras.layers.ReLU(max_value=1.0, name="classifier_clip")(x)
    return probabilities(keras.layers.Dense(num_classes, name="head_dense")(x))
