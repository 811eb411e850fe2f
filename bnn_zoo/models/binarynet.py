"""BinaryNet: the first network with binary weights and activations, VGG-style, for CIFAR-10."""

from __future__ import annotations

from bnn_zoo._keras import Tensor, keras
from bnn_zoo.blocks import Binarization, batch_norm, binary_dense, pooled_block, probabilities
from bnn_zoo.models.architecture import Paper, Published, architecture

BINARYNET = Binarization(kernel_initializer="glorot_uniform", epsilon=1e-4)


PAPER = Paper(
    "Binarized Neural Networks: Training Deep Neural Networks with Weights and Activations Constrained to +1 or -1",
    "Matthieu Courbariaux, Itay Hubara, Daniel Soudry, Ran El-Yaniv, Yoshua Bengio",
    2016,
    "1602.02830",
)


@architecture(
    "binarynet",
    factory="BinaryNet",
    paper=PAPER,
    published=(Published("cifar10", 89.85, None, "paper"),),
    input_shape=(32, 32, 3),
    num_classes=10,
)
def binarynet(
    x: Tensor,
    num_classes: int | None = None,
    *,
    section_filters: tuple[int, ...] = (128, 256, 512),
    dense_units: tuple[int, ...] = (1024, 1024),
    binarization: Binarization = BINARYNET,
) -> Tensor:
    """Pairs of binary convolutions, the second of each pooled by two, then binary dense layers.

    Only the first layer's inputs, the pixels, are real-valued: its kernel is binary, and so is the last layer.

    Args:
        section_filters: channels of each pair.
        dense_units: of the hidden dense layers.
        binarization: how the network binarizes.
    """
    for section, filters in enumerate(section_filters):
        for block, pool_size in enumerate((None, 2)):
            x = pooled_block(
                x,
                filters,
                pool_size=pool_size,
                binary_inputs=section + block > 0,
                binarization=binarization,
                name=f"section_{section}_block_{block}",
            )
    if num_classes is None:
        return x
    x = keras.layers.Flatten(name="classifier_flatten")(x)
    for layer, units in enumerate(dense_units):
        x = binary_dense(x, units, binarization=binarization, name=f"classifier_{layer}_dense")
        x = batch_norm(x, binarization, name=f"classifier_{layer}_bn")
    x = binary_dense(x, num_classes, binarization=binarization, name="head_dense")
    return probabilities(batch_norm(x, binarization, name="head_bn"))
