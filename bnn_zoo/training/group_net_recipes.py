"""Recipes for Group-Net, with the figures of its authors' code.

Source: github.com/bohanzhuang, Group-Net-image-classification (pretrain.py, finetune.py) and Group-Net-semantic-segmentation
(option.py, train.py).
"""

from __future__ import annotations

from dataclasses import replace

from bnn_zoo.training.recipe import Recipe
from bnn_zoo.training.stage import Stage

_IMAGENET = Recipe(
    "group_net18.imagenet",
    epochs=80,
    batch_size=256,
    augmentation="random_resized_crop",
    stages=(
        Stage(
            "real",
            40,
            binarize="nothing",
            settings={
                "optimizer": "sgd",
                "learning_rate": 0.05,
                "schedule": "steps",
                "rate_steps": ((25, 0.1), (35, 0.01)),
                # The derivative of l2 times a square is twice as large as that of a weight decay of 1e-4.
                "l2": 5e-5,
            },
        ),
        Stage(
            "binary",
            40,
            start="real",
            settings={"learning_rate": 5e-4, "epsilon": 1e-8, "schedule": "steps", "rate_steps": ((20, 0.1), (30, 0.01))},
        ),
    ),
    source="Group-Net-image-classification, pretrain.py and finetune.py. They train the form without scales (first_base_sums); "
    "here it is the paper's, whose scales and gates start at a mean",
)

GROUP_NET_RECIPES = (
    _IMAGENET,
    replace(_IMAGENET, name="group_net34.imagenet"),
    Recipe(
        "group_net18_segmentation.voc",
        learning_rate=1e-4,
        epsilon=1e-8,
        schedule="linear",
        epochs=50,
        batch_size=16,
        augmentation="random_resized_crop",
        held_out=100,
        source="Group-Net-semantic-segmentation, option.py, pascal_voc. There all bases have the same dilation rates, the rate of "
        "the head is ten times as high, rates fall by a power of 0.9, weights decay by 1e-4, parts of 480 pixels are cut at half "
        "to twice the size, and features trained on ImageNet and more pictures (SBD) are used",
    ),
)
