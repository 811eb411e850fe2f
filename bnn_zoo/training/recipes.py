"""The recipes that come with the package, by name."""

from __future__ import annotations

from bnn_zoo._did_you_mean import did_you_mean
from bnn_zoo.models import plain_name, split_name
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
    """The recipe of that name; of the network in it, case, underscores and hyphens do not matter.

    Raises:
        ValueError: for an unknown name, with the network's own recipes, or the nearest known names.
    """
    for recipe in _RECIPES:
        if _plain(recipe.name) == _plain(name):
            return recipe
    own = [known for known in list_recipes() if plain_name(split_name(known)[0]) == plain_name(split_name(name)[0])]
    if own:
        raise ValueError(f"there is no recipe named {name!r:.60}. {split_name(own[0])[0]} has {' and '.join(own)}.")
    advice = did_you_mean(name, list_recipes(), "`bnn-zoo recipes` (Python: bnn_zoo.training.list_recipes()) shows all.", _plain)
    raise ValueError(f"there is no recipe named {name!r:.60}. {advice}")


def _plain(name: str) -> str:
    network, tag = split_name(name)
    return f"{plain_name(network)}.{tag or ''}"
