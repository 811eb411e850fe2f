"""Recipes for the deeper Bi-Real Nets, ReActNet, AdamBNN and A&B BNN, with the figures of their authors' code.

Sources: github.com/liuzechun, Bi-Real-net (pytorch_implementation/*/train.py), ReActNet (*/run.sh and train.py) and AdamBNN
(step*/run.sh); github.com/Ruichen0424/AB-BNN (Train_*.ipynb). Their weight decay is a part of the gradient: half of it is `l2`,
which is of all real-valued kernels here; ReActNet and A&B BNN leave the last layer's out.
Their decay also reaches biases and gains with four dimensions. Epsilon is that of PyTorch's Adam.
What they do to the pictures' colours (Lighting) is not done here: their figures are for colours up to 1, the pictures go up to 255,
and rounding leaves a difference of at most 1. In ReActNet's mobilenet step 2 does not find step 1's binary kernels, by a name; here
it goes on from them.
"""

from __future__ import annotations

from dataclasses import replace

from bnn_zoo.training.recipe import Recipe
from bnn_zoo.training.stage import Stage

#: Theirs is torchvision's ResNet-34, with its weights; this one is trained as torchvision's was (references/classification).
RESNET34 = Stage(
    "resnet",
    90,
    "nothing",
    network="resnet34",
    settings={
        "optimizer": "sgd",
        "learning_rate": 0.1,
        "schedule": "steps",
        "rate_steps": ((30, 0.1), (60, 0.01)),
        "warmup_epochs": 0,
        "batch_size": 256,
        "l2": 5e-5,
        "clip_norm": 0.0,
        "clip_unit": 0.0,
        "rand_augment": 0.0,
    },
)


def _two_steps(base: Recipe, epochs: int, l2: float, *, taught: bool = True) -> Recipe:
    """Binary activations first, binary weights second; both learn from the teacher alone, or both from the labels."""
    lesson = Stage("lesson", epochs, teacher="resnet", label_weight=0.0, logits_weight=1.0) if taught else Stage("lesson", epochs)
    steps = (
        replace(lesson, name="binary_activations", binarize="activations", settings={"l2": l2}),
        replace(lesson, name="binary", start="binary_activations"),
    )
    stages = (RESNET34, *steps) if taught else steps
    return replace(base, schedule="linear", epochs=sum(stage.epochs for stage in stages), stages=stages)


_BIREALNET34 = Recipe(
    "birealnet34.imagenet",
    learning_rate=1e-3,
    epsilon=1e-8,
    latent_start=1e-3,
    schedule="linear",
    epochs=256,
    batch_size=512,
    augmentation="random_resized_crop",
    label_smoothing=0.1,
    source="Bi-Real-net, pytorch_implementation/BiReal18_34/train.py",
)
_REACTNET = Recipe(
    "reactnet18.imagenet",
    learning_rate=2.5e-3,
    epsilon=1e-8,
    batch_size=512,
    augmentation="random_resized_crop",
    source="ReActNet, resnet, 128 epochs",
)
_REACTNET_A = replace(
    _REACTNET, name="reactnet_a.imagenet", learning_rate=1.25e-3, batch_size=256, source="ReActNet, mobilenet, 128 epochs"
)
_ADAMBNN = replace(
    _REACTNET_A,
    name="reactnet_a.imagenet-adambnn",
    source="AdamBNN, step1 and step2; Liu et al., 2021, arXiv 2106.11309",
)
_AB_REACTNET18 = _two_steps(
    Recipe(
        "ab_reactnet18.imagenet",
        learning_rate=1e-3,
        epsilon=1e-8,
        batch_size=256,
        augmentation="random_resized_crop",
        clip_unit=0.02,
        source="AB-BNN, Train_ImageNet_step1.ipynb and Train_ImageNet_step2.ipynb",
    ),
    256,
    2.5e-6,
)
_AB_ON_CIFAR = _two_steps(
    Recipe(
        "ab_reactnet18.cifar10",
        learning_rate=1e-3,
        epsilon=1e-8,
        batch_size=256,
        clip_unit=0.001,
        padding="reflection",
        source="AB-BNN, Train_Cifar_step1.ipynb and Train_Cifar_step2.ipynb; there pictures are normalized by ImageNet's mean and "
        "deviation",
    ),
    256,
    2.5e-6,
    taught=False,
)

REACT_RECIPES = (
    _BIREALNET34,
    replace(
        _BIREALNET34,
        name="birealnet50.imagenet",
        learning_rate=5e-4,
        batch_size=256,
        source="Bi-Real-net, pytorch_implementation/BiReal_50/train.py",
    ),
    _two_steps(_REACTNET, 128, 5e-6),
    _two_steps(_REACTNET_A, 128, 5e-6),
    _two_steps(_ADAMBNN, 256, 2.5e-6),
    _AB_REACTNET18,
    replace(_AB_REACTNET18, name="ab_reactnet34.imagenet"),
    replace(_AB_REACTNET18, name="ab_reactnet_a.imagenet"),
    _AB_ON_CIFAR,
    replace(_AB_ON_CIFAR, name="ab_reactnet_a.cifar10"),
)
