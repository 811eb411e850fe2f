"""How networks binarize that were trained with BMXNet 2, the framework of MeliusNet's and ResNetE's authors."""

from __future__ import annotations

from bnn_zoo.blocks import Binarization

#: -1 around binarized features, on both sides; the gradient of features is cut at 1.3, latent weights and theirs are cut nowhere.
#: Source: BMXNet v2, Bethge et al., 2018, github.com/hpi-xnor/BMXNet-v2, gluon/nn/binary_layers.py.
BMXNET = Binarization(
    clip_value=1.3,
    epsilon=1e-5,
    pad_values=-1.0,
    padding_alignment="symmetric",
    kernel_quantizer="unclipped_sign",
    kernel_constraint=None,
    kernel_initializer="he_normal",
)
