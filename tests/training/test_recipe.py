"""Recipes are data that can be listed, found and changed, and that refuse nonsense."""

from __future__ import annotations

from typing import Any

import pytest

from bnn_zoo.models import architectures, find_architecture
from bnn_zoo.models.build import build_model
from bnn_zoo.training.networks import network_of
from bnn_zoo.training.recipe import Recipe
from bnn_zoo.training.recipes import find_recipe, list_recipes
from bnn_zoo.training.settings import override


def test_every_recipe_names_a_network_and_arguments_that_it_has() -> None:
    assert list_recipes()
    for name in list_recipes():
        recipe = find_recipe(name)
        assert recipe.name == name
        assert set(recipe.arguments) <= set(find_architecture(name.partition(".")[0]).defaults)
        assert recipe.source


def test_every_network_of_larq_zoo_has_its_recipe_but_the_one_that_it_trained_elsewhere() -> None:
    with_recipe = {name.removesuffix(".imagenet") for name in list_recipes() if name.endswith(".imagenet")}
    later = {"birealnet34", "birealnet50", "reactnet18", "reactnet_a", "ab_reactnet18", "ab_reactnet34", "ab_reactnet_a"}
    later |= {"binary_resnet_e34", *(f"meliusnet{size}" for size in ("29", "42", "59", "_a", "_b", "_c"))}
    later.add("group_net18_segmentation")
    assert set(architectures()) - later - with_recipe == {"binarynet", "meliusnet22"}


def test_real_to_binary_compares_layers_that_student_and_teacher_have() -> None:
    stages = find_recipe("real_to_binary_net.imagenet").stages

    def build() -> Any:
        return build_model(
            find_architecture("real_to_binary_net"), input_shape=(64, 64, 3), num_classes=4, arguments={"filters": 8}
        )

    networks = {stage.name: network_of(stage, build) for stage in stages}
    for stage in stages:
        for layer in stage.attention:
            shapes = {tuple(networks[name].get_layer(layer).output.shape) for name in (stage.name, stage.teacher)}
            assert len(shapes) == 1


def test_an_unknown_recipe_suggests_known_ones() -> None:
    with pytest.raises(ValueError, match="birealnet.cifar10"):
        find_recipe("birealnet.cifar")


def test_fields_are_changed_by_text_in_their_own_type() -> None:
    changed = override(Recipe("a.b"), {"epochs": "7", "learning_rate": "1e-2", "schedule": "constant"})
    assert (changed.epochs, changed.learning_rate, changed.schedule) == (7, 0.01, "constant")
    changed = override(
        Recipe("a.b"), {"xla": "true", "schedule": "steps", "rate_steps": "2:0.5,3:0.1", "arguments.stem": '"cifar"'}
    )
    assert (changed.xla, changed.rate_steps, changed.arguments) == (True, ((2, 0.5), (3, 0.1)), {"stem": "cifar"})


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"epoch": "7"}, "no field 'epoch'"),
        ({"arguments": "{}"}, "no field 'arguments'"),
        ({"epochs": "many"}, "no int"),
        ({"epochs": "0"}, "at least 1"),
        ({"schedule": "stairs"}, "constant, cosine"),
        ({"schedule": "steps"}, "rate_steps only"),
        ({"rate_steps": "3:0.1"}, "rate_steps only"),
        ({"rate_steps": "3:0.1,2:0.5", "schedule": "steps"}, "rising"),
        ({"rate_steps": "3"}, "EPOCH:SHARE"),
        ({"arguments.filters": "wide"}, "JSON"),
        ({"xla": "perhaps"}, "no bool"),
        ({"optimizer": "bop"}, "set real_optimizer"),
        ({"real_optimizer": "sgd"}, "real_learning_rate"),
        ({"warmup_epochs": "100"}, "less than the 100"),
        ({"momentum": "1"}, "momentum"),
        ({"epsilon": "0"}, "above 0"),
        ({"stages": "none"}, "no field 'stages'"),
        ({"label_smoothing": "1.5"}, "label_smoothing"),
    ],
)
def test_nonsense_is_refused(settings: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        override(Recipe("a.b"), settings)
