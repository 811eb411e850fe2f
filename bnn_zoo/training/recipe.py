"""How a network is trained, as data."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_args

from bnn_zoo.training.stage import Stage, check_stages

Optimizer = Literal["adam", "radam", "sgd", "bop"]
RealOptimizer = Literal["same", "adam", "sgd"]
Schedule = Literal["constant", "cosine", "linear", "steps"]
RealSchedule = Literal["same", "constant", "cosine", "linear", "steps"]
Augmentation = Literal["none", "crop_and_flip", "random_resized_crop"]
Padding = Literal["zeros", "reflection"]
Precision = Literal["float32", "mixed_bfloat16"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)

_CHOICES = {
    "optimizer": Optimizer,
    "real_optimizer": RealOptimizer,
    "schedule": Schedule,
    "real_schedule": RealSchedule,
    "augmentation": Augmentation,
    "padding": Padding,
    "precision": Precision,
}
_LEAST = {
    "epochs": 1,
    "batch_size": 1,
    "held_out": 0,
    "warmup_epochs": 0,
    "learning_rate": 0.0,
    "real_learning_rate": 0.0,
    "threshold": 0.0,
    "weight_decay": 0.0,
    "clip_norm": 0.0,
    "clip_unit": 0.0,
    "l2": 0.0,
    "latent_start": 0.0,
}


@dataclass(frozen=True)
class Recipe:
    """All that decides how a training run goes, next to network and data.

    Args:
        name: network and data set, as in `birealnet.cifar10`.
        arguments: the architecture's own, where they differ from its defaults.
        optimizer: of all weights, or of the binary kernels only where `real_optimizer` is another. `"radam"` is Adam that needs no
            warm-up (Liu et al., 2019, arXiv 1908.03265). `"bop"` flips binary kernels without latent weights (Helwegen et al.,
            2019, arXiv 1906.02107), and needs a `real_optimizer`.
        learning_rate: at its highest; what Bop calls gamma.
        real_optimizer: of all weights but the binary kernels; `"same"` trains them by `optimizer`.
        real_learning_rate: theirs, at its highest.
        momentum: of SGD.
        beta_1: of Adam and RAdam: the share of the mean gradient that a step leaves as it was.
        epsilon: of Adam and RAdam.
        threshold: of Bop: how large the mean gradient must be for a weight to flip.
        weight_decay: each step takes learning rate times this share off the real-valued kernels, apart from the gradient. Latent
            weights are left alone: only their signs count, so that shrinking them would not restrain the network but make
            it flip more. Nor do biases, batch norm and activations decay.
        clip_norm: gradients whose norm, over all weights of an optimizer, is above this are scaled down to it; 0 for none
            (Pascanu et al., 2013, arXiv 1211.5063). Gradients of kernels that Bop trains are never clipped, by this or by
            clip_unit: its threshold is for gradients of their own size.
        clip_unit: an output channel's gradient whose norm is above this share of the norm of its weights is scaled down to it, in
            all layers but the last; 0 for none (Brock et al., 2021, arXiv 2102.06171).
        l2: factor of the sum of the squared real-valued kernels, which is added to the loss.
        latent_start: latent weights begin at random between 0 and this, where they do not come from a stage before or from
            elsewhere; 0 leaves them to their layers' initializers.
        schedule: of the learning rate. `"cosine"` and `"linear"` let it fall to 0 between warm-up and end; `"steps"` follows
            `rate_steps`.
        real_schedule: of the real learning rate; `"same"` as the other.
        rate_steps: (epoch, share of the highest learning rate from there on), in order, all before the last epoch's end.
        warmup_epochs: in which the learning rate rises from 0, at the start.
        epochs: how many times all training pictures are seen.
        batch_size: pictures a step, over all devices together.
        augmentation: `"crop_and_flip"` shifts by up to an eighth of the size and mirrors half of the pictures;
            `"random_resized_crop"` takes a part of random size and shape, resizes it, and mirrors half.
        padding: what comes in where `"crop_and_flip"` shifts a picture.
        rand_augment: mean magnitude, 0 to 10, of two random operations a picture, of which half are done; 0 for none (Cubuk et
            al., 2019, arXiv 1909.13719).
        cutout: side of a square that is hidden in each picture, as a share of the picture's (DeVries & Taylor, 2017, arXiv
            1708.04552).
        label_smoothing: share of the probability that is spread over all classes.
        precision: what the network computes in; weights stay in float32.
        xla: compiles the steps with XLA.
        held_out: training pictures that are kept back for choices.
        seed: of the weights, of the order of pictures and of the augmentation.
        stages: the run's parts; none for a run of one piece.
        source: where the figures are from.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    optimizer: Optimizer = "adam"
    learning_rate: float = 1e-3
    real_optimizer: RealOptimizer = "same"
    real_learning_rate: float = 0.0
    momentum: float = 0.9
    beta_1: float = 0.9
    epsilon: float = 1e-7
    threshold: float = 1e-8
    weight_decay: float = 0.0
    clip_norm: float = 0.0
    clip_unit: float = 0.0
    l2: float = 0.0
    latent_start: float = 0.0
    schedule: Schedule = "cosine"
    real_schedule: RealSchedule = "same"
    rate_steps: tuple[tuple[int, float], ...] = ()
    warmup_epochs: int = 0
    epochs: int = 100
    batch_size: int = 128
    augmentation: Augmentation = "crop_and_flip"
    padding: Padding = "zeros"
    rand_augment: float = 0.0
    cutout: float = 0.0
    label_smoothing: float = 0.0
    precision: Precision = "float32"
    xla: bool = False
    held_out: int = 5000
    seed: int = 1
    stages: tuple[Stage, ...] = ()
    source: str = ""

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in get_args(choices):
                raise ValueError(f"{name} is {getattr(self, name)!r}; it must be one of {', '.join(get_args(choices))}.")
        for name, least in _LEAST.items():
            if not least <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} is {getattr(self, name)!r}; it must be at least {least}, and finite.")
        for name in ("cutout", "label_smoothing", "momentum", "beta_1"):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise ValueError(f"{name} is {getattr(self, name)!r}; it must be in [0, 1).")
        if not 0.0 <= self.rand_augment <= 10.0:
            raise ValueError(f"rand_augment is {self.rand_augment!r}; it must be in [0, 10].")
        if not 0 < self.epsilon < math.inf:
            raise ValueError(f"epsilon is {self.epsilon!r}; it must be above 0, and finite.")
        if not 0 <= self.seed < 2**32:
            raise ValueError(f"seed is {self.seed!r}; it must be from 0 to {2**32 - 1}.")
        if self.optimizer == "bop" and self.real_optimizer == "same":
            raise ValueError('optimizer="bop" trains binary kernels only; set real_optimizer to "adam" or "sgd" for the rest.')
        if (self.real_optimizer == "same") != (self.real_learning_rate == 0.0):
            raise ValueError(
                f"real_optimizer is {self.real_optimizer!r} and real_learning_rate {self.real_learning_rate!r}; "
                "set both, or leave both out."
            )
        _check_schedule(self)
        check_stages(self.stages, self.epochs)
        for stage in self.stages:
            recipe_of(self, stage)


@contextmanager
def naming(stage: Stage) -> Iterator[None]:
    """For work on a stage: an error that begins with a field that the stage sets, as `batch_size is 512`, tells whose it is."""
    try:
        yield
    except ValueError as error:
        name, separator, rest = str(error).partition(" is ")
        if not separator or name not in stage.settings:
            raise
        raise ValueError(f"{name} of stage {stage.name!r} is {rest}") from error


def recipe_of(recipe: Recipe, stage: Stage) -> Recipe:
    """What a stage is run by: the recipe with the stage's own settings.

    Raises:
        ValueError: for a setting that a recipe does not have, or that cannot change between stages.
    """
    fixed = sorted(set(stage.settings) & {"name", "arguments", "epochs", "held_out", "stages", "source"})
    if fixed:
        raise ValueError(f"stage {stage.name!r} sets {fixed[0]!r}, which is the same for all stages.")
    try:
        with naming(stage):
            return replace(recipe, **{**stage.settings, "epochs": stage.epochs, "stages": ()})
    except TypeError as error:
        raise ValueError(
            f"stage {stage.name!r} sets {', '.join(stage.settings)}; not all of them are fields of a recipe."
        ) from error


def acting(recipe: Recipe) -> dict[str, Any]:
    """The fields that have a say in a run, for those who read of it: Adam has no momentum, and the threshold is Bop's alone."""
    without = idle(recipe)
    return {name: value for name, value in asdict(recipe).items() if value and name not in without}


def idle(recipe: Recipe) -> dict[str, str]:
    """The fields that have no say in a run, whatever they are set to, and why not."""
    runs = [recipe_of(recipe, stage) for stage in recipe.stages] or [recipe]
    optimizers = {name for run in runs for name in (run.optimizer, run.real_optimizer)}
    alone = all(run.real_optimizer == "same" for run in runs)
    without_adam = (not optimizers & {"adam", "radam"}, "no weights are trained by Adam or RAdam")
    why = {
        "beta_1": without_adam,
        "epsilon": without_adam,
        "momentum": ("sgd" not in optimizers, "no weights are trained by SGD"),
        "threshold": ("bop" not in optimizers, "no kernels are trained by Bop"),
        "real_optimizer": (alone, "all weights are trained by optimizer"),
        "real_schedule": (
            all(run.real_optimizer == "same" or run.real_schedule == "same" for run in runs),
            "all weights are trained by optimizer, whose rate follows schedule",
        ),
        "padding": (all(run.augmentation != "crop_and_flip" for run in runs), "no pictures are shifted, as crop_and_flip does"),
        "label_smoothing": (
            bool(recipe.stages) and all(stage.label_weight == 0.0 for stage in recipe.stages),
            "nothing is learned from labels, by label_weight",
        ),
    }
    return {name: reason for name, (holds, reason) in why.items() if holds}


def _check_schedule(recipe: Recipe) -> None:
    if recipe.stages:
        return  # its parts are checked one by one
    stepped = "steps" in (recipe.schedule, recipe.real_schedule)
    if stepped != bool(recipe.rate_steps):
        raise ValueError(f"rate_steps is {recipe.rate_steps!r} and schedule {recipe.schedule!r}; steps go with rate_steps only.")
    epochs = [epoch for epoch, _ in recipe.rate_steps]
    if epochs != sorted(set(epochs)) or any(epoch < 1 or not 0 <= share < math.inf for epoch, share in recipe.rate_steps):
        raise ValueError(f"rate_steps is {recipe.rate_steps!r}; it must be (epoch, share) pairs, the epochs from 1 on and rising.")
    if epochs and epochs[-1] >= recipe.epochs:
        raise ValueError(
            f"rate_steps is {recipe.rate_steps!r}; all of them must be below the number of epochs, {recipe.epochs}. Give earlier "
            "ones, or another schedule and none."
        )
    if recipe.warmup_epochs >= recipe.epochs and recipe.warmup_epochs:
        raise ValueError(f"warmup_epochs is {recipe.warmup_epochs}; it must be less than the {recipe.epochs} epochs.")
