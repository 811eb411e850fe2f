"""Recipes are data that can be listed, found and changed, and that refuse nonsense."""

from __future__ import annotations

import pytest

from bnn_zoo.models import find_architecture
from bnn_zoo.training.recipe import Recipe, override
from bnn_zoo.training.recipes import chain_of, find_recipe, list_recipes


def test_every_recipe_names_a_network_and_arguments_that_it_has() -> None:
    assert list_recipes()
    for name in list_recipes():
        recipe = find_recipe(name)
        assert recipe.name == name
        assert set(recipe.arguments) <= set(find_architecture(name.partition(".")[0]).defaults)
        assert recipe.source
        assert not recipe.after or find_recipe(recipe.after).arguments == recipe.arguments


def test_a_chain_begins_with_a_recipe_that_comes_after_none() -> None:
    for name in list_recipes():
        chain = chain_of(find_recipe(name))
        assert chain[-1] == name and not find_recipe(chain[0]).after
    assert chain_of(find_recipe("birealnet.cifar10-restart")) == ["birealnet.cifar10", "birealnet.cifar10-restart"]


def test_an_unknown_recipe_suggests_known_ones() -> None:
    with pytest.raises(ValueError, match="birealnet.cifar10"):
        find_recipe("birealnet.cifar")


def test_fields_are_changed_by_text_in_their_own_type() -> None:
    changed = override(Recipe("a.b"), {"epochs": "7", "learning_rate": "1e-2", "schedule": "constant"})
    assert (changed.epochs, changed.learning_rate, changed.schedule) == (7, 0.01, "constant")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"epoch": "7"}, "no field 'epoch'"),
        ({"arguments": "{}"}, "no field 'arguments'"),
        ({"epochs": "many"}, "no int"),
        ({"epochs": "0"}, "at least 1"),
        ({"schedule": "steps"}, "constant, cosine"),
        ({"label_smoothing": "1.5"}, "label_smoothing"),
    ],
)
def test_nonsense_is_refused(settings: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        override(Recipe("a.b"), settings)
