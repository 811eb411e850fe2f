"""What every run gets: the same pictures, steps and schedule for all, and what is searched for each optimizer beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from bnn_zoo._argument_checks import is_count
from bnn_zoo.guide.variants import Variant
from bnn_zoo.training.recipe import Optimizer, Recipe

#: The settings that are tried for the optimizer of the binary kernels, on the baseline: as many for each, as far apart, around what
#: was best in shorter runs on held-out pictures. Bop's learning rate is what its paper calls gamma.
SEARCH: Mapping[Optimizer, tuple[Mapping[str, float], ...]] = {
    "adam": ({"learning_rate": 1e-3}, {"learning_rate": 4e-3}, {"learning_rate": 1.6e-2}),
    "sgd": ({"learning_rate": 0.8}, {"learning_rate": 3.2}, {"learning_rate": 12.8}),
    "bop": ({"learning_rate": 2.5e-3}, {"learning_rate": 1e-2}, {"learning_rate": 4e-2}),
}


@dataclass(frozen=True)
class Budget:
    """The size of the experiments. The defaults are those of the results that come with the package.

    Args:
        pictures: training pictures, drawn once, the same for all runs.
        held_out: further training pictures, on which the search is scored.
        epochs: how many times all training pictures are seen.
        batch_size: pictures a step.
        seeds: runs of each variant.

    Raises:
        ValueError: if one of them is no whole number above 0.
    """

    pictures: int = 16_000
    held_out: int = 5_000
    epochs: int = 5
    batch_size: int = 64
    seeds: int = 3

    def __post_init__(self) -> None:
        for entry in fields(self):
            if not is_count(getattr(self, entry.name)):
                raise ValueError(f"{entry.name} is {getattr(self, entry.name)!r}; it must be a whole number above 0.")


def recipe_of(variant: Variant, settings: Mapping[str, Any], seed: int, budget: Budget) -> Recipe:
    """The recipe of one run.

    float32, since bfloat16 cannot hold the integers that a binary convolution counts up to. No augmentation: in so few epochs the
    network does not learn the pictures by heart.

    Args:
        variant: gives the optimizer of the binary kernels.
        settings: learning_rate of the binary kernels; where their optimizer is not Adam, real_learning_rate of all other weights.
        seed: of the weights and of the order of pictures.
        budget: of all runs.
    """
    return Recipe(
        f"guide.{variant.name}",
        optimizer=variant.optimizer,
        real_optimizer="same" if variant.optimizer == "adam" else "adam",
        epochs=budget.epochs,
        batch_size=budget.batch_size,
        augmentation="none",
        held_out=0,
        seed=seed,
        learning_rate=settings["learning_rate"],
        real_learning_rate=settings.get("real_learning_rate", 0.0),
    )
