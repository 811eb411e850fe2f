"""Recipes, and the loop that runs them."""

from __future__ import annotations

from bnn_zoo.training.loop import train
from bnn_zoo.training.recipe import Recipe, override
from bnn_zoo.training.recipes import find_recipe, list_recipes

__all__ = ["Recipe", "find_recipe", "list_recipes", "override", "train"]
