"""Recipes, and the loop that runs them. Each name below is loaded when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnn_zoo._lazy import lazy_names

if TYPE_CHECKING:
    from bnn_zoo.training.loop import train
    from bnn_zoo.training.recipe import Recipe
    from bnn_zoo.training.recipes import find_recipe, list_recipes
    from bnn_zoo.training.settings import override
    from bnn_zoo.training.stage import Stage

_HOMES = {
    "Recipe": "recipe",
    "Stage": "stage",
    "find_recipe": "recipes",
    "list_recipes": "recipes",
    "override": "settings",
    "train": "loop",
}

__all__ = ["Recipe", "Stage", "find_recipe", "list_recipes", "override", "train"]


if not TYPE_CHECKING:  # a type checker that saw this would believe in any name
    __getattr__, __dir__ = lazy_names(__name__, _HOMES, __all__)
