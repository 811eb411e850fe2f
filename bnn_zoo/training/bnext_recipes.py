"""Recipes for BNext, with the figures of its authors' code.

Source: github.com/hpi-xnor/BNext, src/script/*/run_*.sh and src/train_assistant_group_amp.py.
"""

from __future__ import annotations

from dataclasses import replace

from bnn_zoo.training.react_recipes import RESNET34
from bnn_zoo.training.recipe import Recipe
from bnn_zoo.training.stage import Stage

_DIFFERS = (
    "BNext, {}. There two teachers trained elsewhere, {}, are weighed by how far the network is from each, in all a half; here a "
    "ResNet-34 is the only one, trained in a stage of its own. There latent weights begin at normal random numbers of deviation "
    "1e-3, here at Glorot's, and all but kernels decay by 1e-3 (AdamW), which is not done here"
)
_SCRIPT = "src/script/BNext-{0}/run_distributed_on_disk_a6k5_AdamW_Curicullum_{0}_assistant_teacher_num_{1}_aa.sh"

_TINY = Recipe(
    "bnext_tiny.imagenet",
    learning_rate=1e-3,
    epsilon=1e-8,
    warmup_epochs=5,
    epochs=90 + 512,
    batch_size=512,
    augmentation="random_resized_crop",
    rand_augment=7.0,
    clip_norm=5.0,
    stages=(
        RESNET34,
        Stage("binary", 512, cooling=0.9, teacher="resnet", label_weight=0.0, logits_weight=0.5),
    ),
    source=_DIFFERS.format(_SCRIPT.format("Tiny", 1), "EfficientNet-B0 and EfficientNet-B2"),
)

BNEXT_RECIPES = (
    _TINY,
    replace(
        _TINY,
        name="bnext_small.imagenet",
        source=_DIFFERS.format(_SCRIPT.format("Small", 1), "EfficientNet-B0 and EfficientNet-B2"),
    ),
    replace(
        _TINY,
        name="bnext_middle.imagenet",
        source=_DIFFERS.format(_SCRIPT.format("Middle", 2), "EfficientNet-B0, later B2, and EfficientNet-B4"),
    ),
    replace(
        _TINY,
        name="bnext_large.imagenet",
        batch_size=128,
        source=_DIFFERS.format(_SCRIPT.format("Large", 3), "EfficientNet-B0, later B4, then ConvNeXt-T, and ConvNeXt-T"),
    ),
)
