"""Recipes for ImageNet, with the figures of larq-zoo's own training code.

Source: github.com/larq/zoo, larq_zoo/training, at 77c5853 (2025-12-02). What it has no figures for is not here: MeliusNet22,
whose authors have some. `l2` reaches the last layer's kernel too, and not the strong baseline's learnt factors; there it is the
other way round.
"""

from __future__ import annotations

from dataclasses import replace

from bnn_zoo.training.recipe import Recipe
from bnn_zoo.training.stage import Stage

_BASIC = "larq-zoo, training/basic_experiments.py, {}"
_DENSENET = Recipe(
    "binary_densenet28.imagenet",
    learning_rate=4e-3,
    epsilon=1e-8,
    schedule="steps",
    rate_steps=((100, 0.1), (110, 0.01)),
    epochs=120,
    batch_size=256,
    source=_BASIC.format("TrainBinaryDenseNet28"),
)
_QUICKNET = Recipe(
    "quicknet.imagenet",
    learning_rate=1e-2,
    real_optimizer="sgd",
    real_learning_rate=0.1,
    warmup_epochs=5,
    epochs=600,
    batch_size=2048,
    source="larq-zoo, training/sota_experiments.py, TrainQuickNet",
)
_BLOCK_ENDS = tuple(f"section_{section}_block_{block}_add" for section in range(4) for block in (1, 3))
_TAUGHT = {
    "learning_rate": 1e-3,
    "schedule": "steps",
    "rate_steps": ((40, 0.3), (60, 0.09), (70, 0.027)),
    "warmup_epochs": 5,
    "l2": 1e-5,
}

_BY_LARQ_ZOO = (
    Recipe(
        "binary_alexnet.imagenet",
        learning_rate=1e-2,
        schedule="steps",
        rate_steps=tuple((10 * halvings, 0.5**halvings) for halvings in range(1, 15)),
        epochs=150,
        batch_size=512,
        source=_BASIC.format("TrainBinaryAlexNet"),
    ),
    Recipe(
        "xnornet.imagenet",
        learning_rate=1e-3,
        schedule="steps",
        rate_steps=((19, 0.5), (30, 0.1), (44, 0.05), (53, 0.01), (66, 0.005), (76, 0.001), (86, 0.0001)),
        epochs=100,
        batch_size=1200,
        source=_BASIC.format("TrainXNORNet"),
    ),
    Recipe(
        "dorefanet.imagenet",
        learning_rate=2e-4,
        epsilon=1e-5,
        schedule="steps",
        rate_steps=((60, 0.2), (75, 0.04), (82, 4e-3), (84, 4e-4), (86, 4e-5), (88, 4e-6)),
        epochs=90,
        batch_size=256,
        source=_BASIC.format("TrainDoReFaNet"),
    ),
    Recipe(
        "birealnet.imagenet",
        learning_rate=5e-3,
        schedule="linear",
        epochs=300,
        batch_size=512,
        source=_BASIC.format("TrainBiRealNet"),
    ),
    Recipe(
        "binary_resnet_e18.imagenet",
        learning_rate=4e-3,
        epsilon=1e-8,
        schedule="steps",
        rate_steps=((70, 0.3), (90, 0.09), (110, 0.027)),
        epochs=120,
        batch_size=1024,
        source=_BASIC.format("TrainBinaryResNetE18"),
    ),
    _DENSENET,
    replace(_DENSENET, name="binary_densenet37.imagenet", batch_size=192, source=_BASIC.format("TrainBinaryDenseNet37")),
    replace(
        _DENSENET,
        name="binary_densenet37_dilated.imagenet",
        rate_steps=((60, 0.1), (70, 0.01)),
        epochs=80,
        source=_BASIC.format("TrainBinaryDenseNet37Dilated"),
    ),
    replace(
        _DENSENET,
        name="binary_densenet45.imagenet",
        learning_rate=8e-3,
        rate_steps=((80, 0.1), (100, 0.01)),
        epochs=125,
        batch_size=384,
        source=_BASIC.format("TrainBinaryDenseNet45"),
    ),
    Recipe(
        "strong_baseline_net.imagenet",
        learning_rate=2e-4,
        schedule="steps",
        rate_steps=((40, 0.1), (60, 0.01), (70, 0.001)),
        warmup_epochs=5,
        epochs=75 + 75,
        batch_size=8,
        stages=(
            Stage("binary_activations", 75, "activations", settings={"learning_rate": 1e-3, "l2": 1e-5}),
            Stage("binary", 75, start="binary_activations"),
        ),
        source="larq-zoo, training/multi_stage_experiments.py, TrainR2BStrongBaseline; "
        "by its own words an example, not the exact way to its accuracy",
    ),
    Recipe(
        "real_to_binary_net.imagenet",
        epochs=100 + 75 + 75 + 75,
        batch_size=256,
        stages=(
            Stage(
                "resnet",
                100,
                "nothing",
                network="resnet18",
                settings={
                    "optimizer": "sgd",
                    "momentum": 0.0,
                    "learning_rate": 0.1,
                    "schedule": "cosine",
                    "warmup_epochs": 5,
                    "l2": 1e-5,
                    "batch_size": 512,
                },
            ),
            Stage(
                "real",
                75,
                "nothing",
                teacher="resnet",
                logits_weight=3.0,
                attention_weight=30.0,
                attention=_BLOCK_ENDS,
                settings=_TAUGHT,
            ),
            Stage(
                "binary_activations",
                75,
                "activations",
                teacher="real",
                logits_weight=3.0,
                attention_weight=30.0,
                attention=_BLOCK_ENDS,
                settings=_TAUGHT,
            ),
            Stage(
                "binary",
                75,
                start="binary_activations",
                teacher="binary_activations",
                logits_weight=0.8,
                settings={"learning_rate": 2e-4, "schedule": "cosine", "warmup_epochs": 10},
            ),
        ),
        source="larq-zoo, training/multi_stage_experiments.py, TrainR2B; "
        "by its own words an example, not the exact way to its weights",
    ),
    replace(_QUICKNET, name="quicknet_small.imagenet", source="larq-zoo, training/sota_experiments.py, TrainQuickNetSmall"),
    _QUICKNET,
    replace(_QUICKNET, name="quicknet_large.imagenet", source="larq-zoo, training/sota_experiments.py, TrainQuickNetLarge"),
)

#: All of them see parts of 8 to 100 % of a picture, of shapes from 3:4 to 4:3, as larq-zoo's training/data.py crops them.
IMAGENET_RECIPES = tuple(replace(recipe, augmentation="random_resized_crop") for recipe in _BY_LARQ_ZOO)
