"""Recipes, and the loop that runs them. Each name below is loaded when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnn_zoo._lazy import lazy_names

if TYPE_CHECKING:
    from bnn_zoo.training.bench import SpeedSettings, TrainingSpeed, measure_training
    from bnn_zoo.training.by_name import TrainingOptions, train_by_name
    from bnn_zoo.training.loop import train
    from bnn_zoo.training.overrides import override
    from bnn_zoo.training.recipe import Recipe
    from bnn_zoo.training.recipes import find_recipe, list_recipes
    from bnn_zoo.training.stage import Stage

_HOMES = {
    "Recipe": "recipe",
    "SpeedSettings": "bench",
    "Stage": "stage",
    "TrainingOptions": "by_name",
    "TrainingSpeed": "bench",
    "find_recipe": "recipes",
    "list_recipes": "recipes",
    "measure_training": "bench",
    "override": "overrides",
    "train": "loop",
    "train_by_name": "by_name",
}

__all__ = [
    "Recipe",
    "SpeedSettings",
    "Stage",
    "TrainingOptions",
    "TrainingSpeed",
    "find_recipe",
    "list_recipes",
    "measure_training",
    "override",
    "train",
    "train_by_name",
]


if not TYPE_CHECKING:  # a type checker that saw this would believe in any name
    __getattr__, __dir__ = lazy_names(__name__, _HOMES, __all__)
