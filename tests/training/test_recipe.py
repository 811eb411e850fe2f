"""Recipes are data that can be listed, found and changed, and that refuse nonsense."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bnn_zoo.models import architectures, find_architecture
from bnn_zoo.models.build import build_model
from bnn_zoo.training.by_name import chosen_recipe
from bnn_zoo.training.networks import network_of
from bnn_zoo.training.overrides import override
from bnn_zoo.training.recipe import Recipe, acting
from bnn_zoo.training.recipes import find_recipe, list_recipes
from bnn_zoo.training.variables import binary_kernels, real_kernels


def test_every_recipe_names_a_network_and_arguments_that_it_has() -> None:
    assert list_recipes()
    for name in list_recipes():
        recipe = find_recipe(name)
        assert recipe.name == name
        assert set(recipe.arguments) <= set(find_architecture(name.partition(".")[0]).defaults)
        assert recipe.source


def test_every_network_for_imagenet_has_its_recipe() -> None:
    with_recipe = {name.removesuffix(".imagenet") for name in list_recipes() if name.endswith(".imagenet")}
    assert set(architectures()) - with_recipe == {"binarynet", "group_net18_segmentation"}


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


@pytest.mark.parametrize("name", ["reactnet18.imagenet", "reactnet_a.imagenet-adambnn", "ab_reactnet18.cifar10"])
def test_two_steps_binarize_activations_first_and_hand_on_their_weights(name: str) -> None:
    *_, first, second = find_recipe(name).stages
    assert (first.binarize, second.binarize, second.start) == ("activations", "activations and weights", first.name)

    def build() -> Any:
        entry = find_architecture(name.partition(".")[0])
        return build_model(entry, input_shape=(32, 32, 3), num_classes=4, arguments={"filters": 8, "section_blocks": (1, 1)})

    half, whole = network_of(first, build), network_of(second, build)
    assert [weight.shape for weight in half.weights] == [weight.shape for weight in whole.weights]
    assert binary_kernels(whole.trainable_variables) and not binary_kernels(half.trainable_variables)
    # The penalty of the first step is on all kernels.
    assert len(real_kernels(half.trainable_variables)) == sum(weight.name.endswith("kernel:0") for weight in half.weights)


def test_kernels_of_a_network_without_batch_norm_are_standardized_while_they_are_real() -> None:
    first = find_recipe("ab_reactnet18.cifar10").stages[0]

    def build() -> Any:
        return build_model(
            find_architecture("ab_reactnet18"),
            input_shape=(32, 32, 3),
            num_classes=4,
            arguments={"filters": 8, "section_blocks": (2,)},
        )

    layer = network_of(first, build).get_layer("section_0_block_0_conv")
    kernel = layer.kernel_quantizer(layer.kernel + 1.0).numpy().reshape(-1, 8)
    np.testing.assert_allclose(kernel.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(kernel.std(0), len(kernel) ** -0.5, rtol=1e-3)


def test_an_unknown_recipe_suggests_known_ones() -> None:
    with pytest.raises(ValueError, match="birealnet.cifar10"):
        find_recipe("birealnet.cifar")
    with pytest.raises(ValueError, match=r"list_recipes\(\)\) shows all\.$") as caught:
        find_recipe("zzz")
    assert len(str(caught.value)) < 200


def test_a_network_without_that_recipe_tells_its_own() -> None:
    with pytest.raises(ValueError, match=r"no recipe named 'BinaryNet.imagenet'. binarynet has binarynet.cifar10 and binarynet.ci"):
        find_recipe("BinaryNet.imagenet")
    words = r"'birealnet34.cifar10'. birealnet34 has birealnet34.imagenet. Choose by recipe \(--recipe\).$"
    with pytest.raises(ValueError, match=words):
        chosen_recipe("birealnet34", None, {})


def test_a_recipes_network_is_written_as_networks_are() -> None:
    assert find_recipe("BiRealNet.cifar10") is find_recipe("birealnet.cifar10")
    assert find_recipe("real-to-binary-net.imagenet").name == "real_to_binary_net.imagenet"


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
        ({"epochs": "many"}, "expected a whole number, as in 10"),
        ({"epochs": "0"}, "at least 1"),
        ({"schedule": "stairs"}, "constant, cosine"),
        ({"schedule": "steps"}, "rate_steps only"),
        ({"rate_steps": "3:0.1"}, "rate_steps only"),
        ({"rate_steps": "3:0.1,2:0.5", "schedule": "steps"}, "rising"),
        ({"rate_steps": "3"}, "EPOCH:SHARE"),
        ({"arguments.filters": "wide"}, "JSON"),
        ({"xla": "perhaps"}, "expected true or false"),
        ({"optimizer": "bop"}, "set real_optimizer"),
        ({"real_optimizer": "sgd"}, "real_learning_rate"),
        ({"warmup_epochs": "100"}, "less than the 100"),
        ({"momentum": "1"}, "momentum"),
        ({"epsilon": "0"}, "above 0"),
        ({"epsilon": "nan"}, "above 0, and finite"),
        ({"learning_rate": "nan"}, "at least 0.0, and finite"),
        ({"weight_decay": "inf"}, "at least 0.0, and finite"),
        ({"l2": "nan"}, "at least 0.0, and finite"),
        ({"seed": "-1"}, "from 0 to 4294967295"),
        ({"seed": "4294967296"}, "from 0 to 4294967295"),
        ({"rate_steps": "1:nan", "schedule": "steps"}, "rising"),
        ({"stages": "none"}, "no field 'stages'"),
        ({"label_smoothing": "1.5"}, "label_smoothing"),
        ({"cutout": "1"}, "cutout"),
        ({"schedule": "steps", "rate_steps": "50:0.1,100:0.01"}, r"rate_steps is .*; all of them must be below .* epochs, 100"),
        ({"momentum": "0.3"}, "^momentum=0.3 would change nothing: no weights are trained by SGD; leave it out"),
        ({"threshold": "5"}, "^threshold=5 would change nothing: no kernels are trained by Bop"),
        ({"real_schedule": "constant"}, "^real_schedule=constant would change nothing: all weights are trained by optimizer"),
        ({"optimizer": "sgd", "epsilon": "1e-3"}, "^epsilon=1e-3 would change nothing: no weights are trained by Adam"),
        ({"augmentation": "none", "padding": "reflection"}, "^padding=reflection would change nothing: no pictures are shifted"),
    ],
)
def test_nonsense_is_refused(settings: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        override(Recipe("a.b"), settings)


def test_what_is_set_together_with_what_it_is_for_is_taken() -> None:
    assert override(Recipe("a.b"), {"optimizer": "sgd", "momentum": "0.3"}).momentum == 0.3
    both = {"real_optimizer": "sgd", "real_learning_rate": "0.1", "real_schedule": "linear", "momentum": "0.3"}
    assert override(Recipe("a.b"), both).real_schedule == "linear"
    off = {"real_optimizer": "same", "real_schedule": "same", "momentum": "0"}
    assert override(Recipe("a.b"), off).momentum == 0.0


def test_stages_take_only_what_has_a_say_in_them() -> None:
    recipe = find_recipe("real_to_binary_net.imagenet")
    for settings, words in (
        ({"real.momentum": "0.3"}, r"^real\.momentum=0\.3 would change nothing: no weights are trained by SGD"),
        (
            {"momentum": "0.3"},
            "^momentum=0.3 would change nothing: in the stages that have no momentum of their own, no weights are",
        ),
        ({"resnet.temperature": "3"}, r"^resnet\.temperature=3 would change nothing: nothing is learned from a teacher's logits"),
    ):
        with pytest.raises(ValueError, match=words):
            override(recipe, settings)
    assert override(recipe, {"resnet.momentum": "0.3", "binary.temperature": "3"}).stages[0].settings["momentum"] == 0.3
    with pytest.raises(ValueError, match=r"^binary\.label_smoothing=0\.1 would change nothing: nothing is learned from labels"):
        override(find_recipe("bnext_tiny.imagenet"), {"binary.label_smoothing": "0.1"})


def test_fewer_epochs_than_the_rates_steps_need_are_refused_with_steps_that_fit() -> None:
    recipe = find_recipe("binary_densenet28.imagenet")
    assert recipe.rate_steps == ((100, 0.1), (110, 0.01)) and override(recipe, {"epochs": "115"}).epochs == 115
    with pytest.raises(ValueError, match="epochs=12 leaves out steps .* at 110; set also rate_steps=10:0.1,11:0.01.$"):
        override(recipe, {"epochs": "12"})
    assert override(recipe, {"epochs": "12", "rate_steps": "10:0.1,11:0.01"}).rate_steps == ((10, 0.1), (11, 0.01))
    with pytest.raises(ValueError, match=r"set also schedule=constant and rate_steps= \(none\).$"):
        override(recipe, {"epochs": "1"})
    assert override(recipe, {"epochs": "1", "schedule": "constant", "rate_steps": ""}).rate_steps == ()
    taught = find_recipe("real_to_binary_net.imagenet")
    with pytest.raises(ValueError, match="real.epochs=15 .* at 70; set also real.rate_steps=8:0.3,12:0.09,14:0.027.$"):
        override(taught, {"real.epochs": "15"})
    assert override(taught, {"real.epochs": "15", "real.rate_steps": "8:0.3"}).stages[1].epochs == 15


def test_a_card_tells_only_of_fields_that_have_a_say() -> None:
    told = acting(find_recipe("birealnet.cifar10"))
    assert told["epsilon"] == 1e-7 and told["padding"] == "zeros"
    assert not set(told) & {"threshold", "momentum", "real_optimizer", "real_schedule", "l2", "stages"}
    bop = acting(find_recipe("binarynet.cifar10-bop"))
    assert bop["threshold"] == 1e-8 and bop["real_schedule"] == "constant" and bop["epsilon"] and "momentum" not in bop
    taught = acting(find_recipe("real_to_binary_net.imagenet"))
    assert "momentum" in taught and "padding" not in taught and taught["stages"][0]["settings"]["optimizer"] == "sgd"
