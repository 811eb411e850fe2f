"""Recipes for the MeliusNets and BinaryResNetE34, with the figures of the authors' own runs.

Source: github.com/hpi-xnor/BMXNet-v2-wiki, the commands that CurrentBestResults.md links to; what a command leaves out is a default
of util/arg_parser.py and datasets/imagenet.py in github.com/hpi-xnor/BMXNet-v2-examples, or of the optimizers in
github.com/hpi-xnor/BMXNet-v2, python/mxnet/optimizer. A batch there is one of each GPU. Kernels in full precision begin at He's
normal numbers there, at Glorot's here.
"""

from __future__ import annotations

from dataclasses import replace

from bnn_zoo.training.recipe import Recipe

_RUN = "BMXNet-v2-wiki, experiment/mnes/{}/details.md"
_MELIUSNET = Recipe(
    "meliusnet22.imagenet",
    optimizer="radam",
    learning_rate=2e-3,
    beta_1=0.95,
    epsilon=1e-5,
    epochs=120,
    batch_size=2 * 32,
    augmentation="random_resized_crop",
    source=_RUN.format("3b3ab86be3cba31b658301ed0f3e2226"),
)

MELIUSNET_RECIPES = (
    _MELIUSNET,
    replace(_MELIUSNET, name="meliusnet29.imagenet", source=_RUN.format("b75427ab9a420b4bd5cbc1472e05b558")),
    replace(_MELIUSNET, name="meliusnet42.imagenet", batch_size=4 * 16, source=_RUN.format("27dec8d4da3dec75b65653643cc02eca")),
    replace(
        _MELIUSNET,
        name="meliusnet59.imagenet",
        optimizer="adam",
        learning_rate=3e-3,
        beta_1=0.9,
        epsilon=1e-8,
        batch_size=8 * 32,
        source=_RUN.format("b32820e3e829cd0d9715848cc2d8ba07"),
    ),
    replace(_MELIUSNET, name="meliusnet_a.imagenet", source=_RUN.format("b20876e68c314e4908b5067df11a9333")),
    replace(_MELIUSNET, name="meliusnet_b.imagenet", source=_RUN.format("ac6b05b34203a249cb9568ea60d84be9")),
    replace(_MELIUSNET, name="meliusnet_c.imagenet", batch_size=4 * 32, source=_RUN.format("c02c02a12a5e18be506533bfd730bcb8")),
    replace(
        _MELIUSNET,
        name="binary_resnet_e34.imagenet",
        batch_size=2 * 64,
        source=_RUN.format("46d848f558af6d1c885bae189420b67c"),
    ),
)
