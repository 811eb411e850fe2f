"""Recipes, and the loop that runs them."""

from __future__ import annotations

from bnn_zoo.training.loop import train
from bnn_zoo.training.recipe import Recipe
from bnn_zoo.training.recipes import find_recipe, list_recipes
from bnn_zoo.training.settings import override
from bnn_zoo.training.stage import Stage

__all__ = ["Recipe", "Stage", "find_recipe", "list_recipes", "override", "train"]
