"""The last layers of a network that names the class of every pixel."""

from __future__ import annotations

from bnn_zoo._argument_checks import check_num_classes
from bnn_zoo._keras import Tensor, keras
from bnn_zoo.blocks.binarization import Binarization
from bnn_zoo.blocks.head import probabilities
from bnn_zoo.blocks.naming import part
from bnn_zoo.blocks.norm import batch_norm
from bnn_zoo.blocks.real import real_conv


def fully_convolutional_head(
    x: Tensor,
    images: Tensor,
    num_classes: int,
    *,
    binarization: Binarization | None = None,
    name: str | None = None,
) -> Tensor:
    """Two convolutions in full precision, resized to the size of the pictures, softmax.

    The first, 3x3, goes to a quarter of the channels, with batch norm, ReLU and dropout behind it; the second, 1x1, to the classes.

    Args:
        x: features, (batch, height / stride, width / stride, channels).
        images: the pictures, (batch, height, width, 3), for their size; it may be free.
        num_classes: how many.
        binarization: the network's record; gives the settings of batch norm and padding.
        name: of the block; the layers are `<name>_classifier_...` and `<name>_head_...`, of an unnamed one `classifier_...` and
            `head_...`.

    Returns:
        Probabilities, (batch, height, width, num_classes), float32.

    Raises:
        ValueError: if `num_classes` is no whole number above 1.

    Source: Fully Convolutional Networks for Semantic Segmentation, Long et al., 2014, arXiv 1411.4038, with the layers of
    Group-Net's authors, Zhuang et al., 2019, arXiv 1811.10413; they align corners when they resize, and not edges as it is
    done here.
    """
    from bnn_zoo.blocks.layers import ResizeLike  # its class needs TensorFlow when defined

    check_num_classes(num_classes)
    # Layers that do not depend on the number of classes are no part of the "head", so that they stay when it is replaced.
    classifier, head = (part(name, role) or role for role in ("classifier", "head"))
    x = real_conv(x, max(x.shape[-1] // 4, 1), 3, binarization=binarization, name=part(classifier, "conv"))
    x = batch_norm(x, binarization, name=part(classifier, "bn"))
    x = keras.layers.ReLU(name=part(classifier, "relu"))(x)
    x = keras.layers.SpatialDropout2D(0.1, name=part(classifier, "dropout"))(x)
    x = real_conv(x, num_classes, 1, use_bias=True, name=part(head, "conv"))
    x = ResizeLike(dtype="float32", name=part(head, "resize"))([x, images])
    return probabilities(x, name=head)
