"""The recipes that come with the package, by name."""

from __future__ import annotations

import difflib

from bnn_zoo.training.bnext_recipes import BNEXT_RECIPES
from bnn_zoo.training.cifar10_recipes import CIFAR10_RECIPES
from bnn_zoo.training.group_net_recipes import GROUP_NET_RECIPES
from bnn_zoo.training.imagenet_recipes import IMAGENET_RECIPES
from bnn_zoo.training.meliusnet_recipes import MELIUSNET_RECIPES
from bnn_zoo.training.react_recipes import REACT_RECIPES
from bnn_zoo.training.recipe import Recipe

_RECIPES = (*CIFAR10_RECIPES, *IMAGENET_RECIPES, *MELIUSNET_RECIPES, *GROUP_NET_RECIPES, *REACT_RECIPES, *BNEXT_RECIPES)


def list_recipes() -> list[str]:
    """The names of all recipes."""
    return [recipe.name for recipe in _RECIPES]


def find_recipe(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        ValueError: for an unknown name, with the nearest known ones.
    """
    for recipe in _RECIPES:
        if recipe.name == name:
            return recipe
    near = difflib.get_close_matches(name, list_recipes(), cutoff=0.4) or list_recipes()
    raise ValueError(f"there is no recipe named {name!r}. There is {' or '.join(near)}.")
