"""The recipes that come with the package."""

from __future__ import annotations

import difflib

from bnn_zoo.training.recipe import Recipe

_RECIPES = (
    Recipe(
        "birealnet.cifar10",
        arguments={"filters": 32},
        epochs=30,
        precision="mixed_bfloat16",
        source="half the width of the paper's network; Adam and a cosine schedule, sized for an hour on two CPU cores",
    ),
    Recipe(
        "birealnet.cifar10-restart",
        arguments={"filters": 32},
        learning_rate=4e-3,
        epochs=20,
        precision="mixed_bfloat16",
        after="birealnet.cifar10",
        seed=2,
        source="a warm restart (Loshchilov and Hutter, 2016, arXiv 1608.03983) at the learning rate that larq-zoo trains BNNs with",
    ),
    Recipe(
        "birealnet.cifar10-second-restart",
        arguments={"filters": 32},
        learning_rate=3e-3,
        epochs=9,
        precision="mixed_bfloat16",
        after="birealnet.cifar10-restart",
        seed=3,
        source="another, shorter one",
    ),
)


def list_recipes() -> list[str]:
    """The names of all recipes."""
    return [recipe.name for recipe in _RECIPES]


def chain_of(recipe: Recipe) -> list[str]:
    """The names of the recipes that lead to this one, in the order in which they are run, its own last."""
    before = chain_of(find_recipe(recipe.after)) if recipe.after else []
    return [*before, recipe.name]


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
