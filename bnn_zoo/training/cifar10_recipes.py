"""Recipes for CIFAR-10."""

from __future__ import annotations

from dataclasses import replace

from bnn_zoo.training.recipe import Recipe

_SIZED = "a cosine schedule, sized for hours on two CPU cores"

_REACTNET18 = Recipe(
    "reactnet18.cifar10",
    arguments={"filters": 32},
    learning_rate=4e-3,
    epochs=32,
    batch_size=64,
    precision="mixed_bfloat16",
    source="half the width of the paper's network; rate and batch as the guide's experiments chose them for Adam, "
    f"in place of the paper's two steps {_SIZED}",
)

_QUICKNET_SMALL = Recipe(
    "quicknet_small.cifar10",
    arguments={"section_filters": (32, 64, 128, 256)},
    learning_rate=4e-3,
    real_optimizer="sgd",
    real_learning_rate=0.05,
    warmup_epochs=2,
    epochs=30,
    batch_size=64,
    precision="mixed_bfloat16",
    source="narrower last sections than larq-zoo's network; its two optimizers and warm-up (TrainQuickNet), batch and rates as "
    f"for the others, {_SIZED}",
)

CIFAR10_RECIPES = (
    Recipe(
        "birealnet.cifar10",
        arguments={"filters": 32},
        learning_rate=4e-3,
        epochs=60,
        precision="mixed_bfloat16",
        source="half the width of the paper's network; the learning rate that larq-zoo trains residual BNNs with, "
        "a cosine schedule, sized for an hour and a half on two CPU cores",
    ),
    Recipe(
        "binarynet.cifar10",
        arguments={"section_filters": (64, 128, 256), "dense_units": (512, 512)},
        learning_rate=5e-3,
        epochs=40,
        batch_size=64,
        precision="mixed_bfloat16",
        source="half the width of the paper's network; the learning rate that plumerai/rethinking-bnn-optimization has for "
        f"BinaryNet with Adam, {_SIZED}",
    ),
    Recipe(
        "binarynet.cifar10-bop",
        optimizer="bop",
        learning_rate=1e-4,
        threshold=1e-8,
        schedule="steps",
        rate_steps=((100, 0.1), (200, 0.01), (300, 0.001), (400, 0.0001)),
        real_optimizer="adam",
        real_learning_rate=0.01,
        real_schedule="constant",
        epochs=500,
        batch_size=50,
        source="Helwegen et al., 2019, arXiv 1906.02107, section 5.2, as plumerai/rethinking-bnn-optimization has it (bop_sec52)",
    ),
    Recipe(
        "binary_resnet_e18.cifar10",
        arguments={"filters": 32},
        learning_rate=4e-3,
        epochs=40,
        batch_size=64,
        precision="mixed_bfloat16",
        source=f"half the width of the paper's network; larq-zoo's learning rate (TrainBinaryResNetE18), {_SIZED}",
    ),
    Recipe(
        "binary_densenet28.cifar10",
        arguments={"filters": 32, "growth_rate": 32},
        learning_rate=4e-3,
        real_optimizer="sgd",
        real_learning_rate=0.05,
        warmup_epochs=1,
        epochs=14,
        batch_size=64,
        precision="mixed_bfloat16",
        source="half the width and growth of the paper's network; larq-zoo's learning rate (TrainBinaryDenseNet28) for binary "
        f"kernels, SGD for the rest as for QuickNetSmall, {_SIZED}",
    ),
    _QUICKNET_SMALL,
    replace(
        _QUICKNET_SMALL,
        name="quicknet.cifar10",
        arguments={"section_filters": (48, 96, 192, 384)},
        warmup_epochs=1,
        epochs=18,
        cutout=0.25,
        label_smoothing=0.1,
        source="three quarters of the width of larq-zoo's network; optimizers, batch and rates as for QuickNetSmall; cutout and "
        f"label smoothing, since QuickNetSmall overfits; {_SIZED}",
    ),
    _REACTNET18,
    replace(
        _REACTNET18,
        name="reactnet_a.cifar10",
        arguments={"filters": 16},
        epochs=18,
        source="half the width of the paper's network; rate and batch as for ReActNet18, in place of the paper's two steps, "
        f"{_SIZED}",
    ),
)
