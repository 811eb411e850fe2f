"""A run of several stages: each trains its own network, learns from an earlier one, and the last one's is the plain network."""

from __future__ import annotations

import dataclasses
import json
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_runs import Stop, shades_of, tiny_network

from bnn_zoo._keras import keras
from bnn_zoo.cli.values import says_how_to_set
from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.data.mask_dataset import MaskDataset
from bnn_zoo.data.preprocessing_settings import CIFAR10
from bnn_zoo.hub import save_pretrained
from bnn_zoo.training import Recipe, Stage, override, train
from bnn_zoo.training.by_name import train_by_name
from bnn_zoo.training.networks import network_of
from bnn_zoo.training.overrides import kept_by_stages
from bnn_zoo.training.recipe import recipe_of
from bnn_zoo.training.recipes import find_recipe
from bnn_zoo.training.run_log import read_log
from bnn_zoo.training.variables import binary_kernels, real_kernels

ENDS = ("section_0_block_1_add", "section_1_block_1_add")
LESSON: dict[str, Any] = dict(logits_weight=3.0, attention_weight=30.0, attention=ENDS)
RECIPE = Recipe(
    "real_to_binary_net.shades",
    epochs=5,
    batch_size=8,
    held_out=8,
    learning_rate=0.01,
    stages=(
        Stage("resnet", 1, "nothing", network="resnet18", settings={"optimizer": "sgd", "l2": 1e-5, "batch_size": 16}),
        Stage("real", 1, "nothing", teacher="resnet", **LESSON),
        Stage("half", 1, "activations", teacher="real", **LESSON),
        Stage("binary", 2, start="half", teacher="half", logits_weight=0.8, settings={"learning_rate": 0.005}),
    ),
)


def network() -> Any:
    return tiny_network("real_to_binary_net", section_blocks=(2, 2))


@pytest.fixture(scope="module")
def shades() -> ImageDataset:
    return shades_of(40)


@pytest.fixture(scope="module")
def whole(shades: ImageDataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole")
    train(network, RECIPE, shades, CIFAR10, out)
    return out


def test_each_stage_leaves_its_weights_and_the_last_those_of_the_plain_network(whole: Path) -> None:
    assert {path.name for path in whole.glob("*.h5")} >= {f"{name}.weights.h5" for name in ("resnet", "real", "half", "last")}
    model = network()
    model.load_weights(str(whole / "last.weights.h5"))
    images = np.random.default_rng(0).normal(size=(2, 32, 32, 3))
    assert model.predict(images, verbose=0).shape == (2, 2)
    rows = read_log(whole / "log.csv")
    assert [row["epoch"] for row in rows] == ["0", "1", "2", "3", "4"]
    assert [bool(row["flip_ratio"]) for row in rows] == [False, False, False, True, True]


@pytest.mark.filterwarnings("error:the checkpoint")
def test_a_run_that_was_stopped_in_two_stages_ends_with_the_same_weights(whole: Path, shades: ImageDataset, tmp_path: Path) -> None:
    for step in (4, 6):  # in the second stage, and in the fourth
        with pytest.raises(KeyboardInterrupt):
            train(network, RECIPE, shades, CIFAR10, tmp_path, checkpoint_seconds=0.0, callbacks=(Stop(step),))
    again = train(network, RECIPE, shades, CIFAR10, tmp_path)
    expected = network()
    expected.load_weights(str(whole / "last.weights.h5"))
    for old, new in zip(expected.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(new, old)
    for log in (whole / "log.csv", tmp_path / "log.csv"):
        assert len(log.read_text().splitlines()) == 6
    assert [line.split(",")[0] for line in (tmp_path / "log.csv").read_text().splitlines()[1:]] == ["0", "1", "2", "3", "4"]


def test_a_stage_starts_where_it_says(shades: ImageDataset, tmp_path: Path) -> None:
    stages = (Stage("half", 1, "activations"), Stage("binary", 1, start="half", settings={"learning_rate": 0.0}))
    model = train(network, dataclasses.replace(RECIPE, stages=stages, epochs=2), shades, CIFAR10, tmp_path)
    half = network()
    half.load_weights(str(tmp_path / "half.weights.h5"))
    for found, start in zip(model.trainable_weights, half.trainable_weights, strict=True):
        # Latent weights are clipped when they become binary.
        clipped = np.clip(start.numpy(), -1, 1) if getattr(start, "precision", None) == 1 else start.numpy()
        np.testing.assert_array_equal(found.numpy(), clipped)


def test_a_stage_starts_from_a_weight_set(shades: ImageDataset, tmp_path: Path) -> None:
    trained = train(network, dataclasses.replace(RECIPE, stages=(), epochs=1), shades, CIFAR10, tmp_path / "first")
    save_pretrained(trained, tmp_path / "weights")
    stages = (Stage("on", 1, start=str(tmp_path / "weights"), settings={"learning_rate": 0.0}),)
    again = train(network, dataclasses.replace(RECIPE, stages=stages, epochs=1), shades, CIFAR10, tmp_path / "second")
    for found, start in zip(again.trainable_weights, trained.trainable_weights, strict=True):
        if getattr(start, "precision", None) == 1:  # packed: of a latent weight only the sign is kept
            np.testing.assert_array_equal(found.numpy() >= 0, start.numpy() >= 0)
        else:
            np.testing.assert_array_equal(found.numpy(), start.numpy())


def test_the_highest_seed_is_one_for_several_stages_too(shades: ImageDataset, tmp_path: Path) -> None:
    recipe = dataclasses.replace(RECIPE, seed=2**32 - 1, epochs=2, stages=(Stage("half", 1, "activations"), Stage("binary", 1)))
    train(network, recipe, shades, CIFAR10, tmp_path)
    assert len(read_log(tmp_path / "log.csv")) == 2


def from_weight_sets(folder: Path) -> Recipe:
    """Of two stages, which start from the weight set in the folder `start` and learn from that in `teacher`."""
    for name in ("start", "teacher"):
        save_pretrained(network(), folder / name)
    first = Stage("first", 1, start=str(folder / "start"))
    second = Stage("second", 1, start="first", teacher=str(folder / "teacher"), logits_weight=1.0)
    return dataclasses.replace(RECIPE, stages=(first, second), epochs=2)


def test_a_weight_set_cannot_change_on_the_way(shades: ImageDataset, tmp_path: Path) -> None:
    recipe, out = from_weight_sets(tmp_path), tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        train(network, recipe, shades, CIFAR10, out, callbacks=(Stop(1),))
    shutil.rmtree(tmp_path / "teacher")
    save_pretrained(network(), tmp_path / "teacher")
    with pytest.raises(ValueError, match=r"a run on other data \(data.json: weight_sets\..*teacher is "):
        train(network, recipe, shades, CIFAR10, out)
    fed = json.loads((out / "data.json").read_text())
    del fed["weight_sets"]  # as an earlier version wrote it
    (out / "data.json").write_text(json.dumps(fed))
    with pytest.raises(KeyboardInterrupt):
        train(network, recipe, shades, CIFAR10, out, callbacks=(Stop(1),))


def test_what_finished_stages_needed_may_be_gone(shades: ImageDataset, tmp_path: Path) -> None:
    recipe, out = from_weight_sets(tmp_path), tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        train(network, recipe, shades, CIFAR10, out, callbacks=(Stop(5),))  # the first step of the second stage
    shutil.rmtree(tmp_path / "start")
    done = train(network, recipe, shades, CIFAR10, out)
    shutil.rmtree(tmp_path / "teacher")
    again = train(network, recipe, shades, CIFAR10, out)
    for one, other in zip(done.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("role", ["start", "teacher"])
def test_a_weight_set_has_its_classes_in_the_datas_order(role: str, shades: ImageDataset, tmp_path: Path) -> None:
    save_pretrained(network(), tmp_path / "set", labels=("bright", "dark"))
    stage = Stage("only", 1, **{role: str(tmp_path / "set")}, logits_weight=1.0 if role == "teacher" else 0.0)
    recipe = dataclasses.replace(RECIPE, stages=(stage,), epochs=1)
    words = rf"{role} of stage 'only' is .*another order.*from number 0 on they are bright, dark in it, dark, bright in the data"
    with pytest.raises(ValueError, match=words):
        train(network, recipe, shades, CIFAR10, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"label_smoothing": 0.1}, "label_smoothing is 0.1; classes of pixels"),
        ({"cutout": 0.5}, "cutout is 0.5; pixels"),
        ({"l2": 0.1}, "l2 is 0.1; classes of pixels"),
        ({"rand_augment": 7.0}, "rand_augment is 7.0; masks are not moved"),
        ({"stages": (Stage("a", 5), Stage("b", 1, teacher="a", logits_weight=1.0)), "epochs": 6}, "stage 'b' has a teacher"),
        ({"stages": (Stage("a", 5, label_weight=0.5),)}, "'a' has a teacher or a label_weight"),
    ],
)
def test_what_cannot_be_learnt_from_masks_takes_no_folder(change: dict[str, Any], words: str, tmp_path: Path) -> None:
    masks = MaskDataset.of(np.zeros((16, 8, 8, 3), np.uint8), np.zeros((16, 8, 8), np.uint8), ("back", "front"))
    recipe = dataclasses.replace(RECIPE, **{"stages": (), "held_out": 0, **change})
    with pytest.raises(ValueError, match=words):
        train(network, recipe, masks, CIFAR10, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_run_has_one_start(shades: ImageDataset, tmp_path: Path) -> None:
    recipe = from_weight_sets(tmp_path)
    with pytest.raises(ValueError, match="start_from is 'some.h5', and stage 'first' starts from .*start'; leave one out"):
        train(network, recipe, shades, CIFAR10, tmp_path / "out", start_from="some.h5")
    assert not (tmp_path / "out").exists()


def test_weights_of_another_network_are_no_start(shades: ImageDataset, tmp_path: Path) -> None:
    stages = (Stage("first", 1), Stage("on", 1, start="birealnet.cifar10"))
    with pytest.raises(ValueError, match="start of stage 'on' is 'birealnet.cifar10', whose weights are not those of"):
        train(network, dataclasses.replace(RECIPE, stages=stages, epochs=2), shades, CIFAR10, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_last_stage_that_cannot_run_costs_no_first_stage(shades: ImageDataset, tmp_path: Path) -> None:
    last = Stage("last_one", 1, teacher="half", attention_weight=1.0, attention=("nowhere",))
    stages = (Stage("half", 1, "activations"), last)
    with pytest.raises(ValueError, match="'last_one' names 'nowhere'"):
        train(network, dataclasses.replace(RECIPE, stages=stages, epochs=2), shades, CIFAR10, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_a_stage_does_not_binarize_stays_real() -> None:
    layers = {}
    for binarize in ("activations and weights", "activations", "nothing"):
        model = network_of(Stage("some", 1, binarize), network)  # type: ignore[arg-type]
        layers[binarize] = model.get_layer("section_0_block_0_conv")
        assert [weight.shape for weight in model.weights] == [weight.shape for weight in network().weights]
    assert layers["activations and weights"].kernel_quantizer is not None
    assert layers["activations"].kernel_quantizer is None and layers["activations"].kernel_constraint is None
    assert layers["activations"].input_quantizer is not None
    assert layers["nothing"].kernel_quantizer is None and layers["nothing"].input_quantizer is keras.activations.tanh


def test_stages_are_changed_by_text() -> None:
    changed = override(
        RECIPE, {"half.epochs": "4", "half.learning_rate": "0.5", "binary.temperature": "2", "arguments.filters": "16"}
    )
    assert changed.epochs == 8 and changed.stages[2].epochs == 4 and changed.stages[2].settings["learning_rate"] == 0.5
    assert changed.stages[3].temperature == 2.0 and changed.arguments["filters"] == 16
    with pytest.raises(ValueError, match=r"resnet\.epochs or real\.epochs"):
        override(RECIPE, {"epochs": "4"})


def test_a_field_that_stages_set_themselves_is_theirs() -> None:
    changed = override(RECIPE, {"batch_size": "4", "learning_rate": "0.5"})
    assert [recipe_of(changed, stage).batch_size for stage in changed.stages] == [16, 4, 4, 4]
    assert [recipe_of(changed, stage).learning_rate for stage in changed.stages] == [0.5, 0.5, 0.5, 0.005]
    with pytest.raises(ValueError, match=r"all of which have a learning_rate of their own; set .*real\.learning_rate or "):
        override(find_recipe("real_to_binary_net.imagenet"), {"learning_rate": "1e-5"})


def test_what_stages_keep_is_told_with_what_would_change_it() -> None:
    settings = {"batch_size": "4", "learning_rate": "0.5", "binary.learning_rate": "0.1", "seed": "2"}
    (line,) = kept_by_stages(override(RECIPE, settings), settings)
    assert line == "batch_size=4 is not for stage resnet, which keeps its own 16; resnet.batch_size would change it."
    said: list[str] = []
    with pytest.raises(FileNotFoundError):
        train_by_name("reactnet18", "reactnet18.imagenet", "nowhere", "out", settings={"batch_size": "4"}, say=said.append)
    assert said == ["batch_size=4 is not for stage resnet, which keeps its own 256; resnet.batch_size would change it."]


@pytest.mark.parametrize(
    ("settings", "option"),
    [({"resnet.batch_size": "400"}, "resnet.batch_size"), ({"batch_size": "400"}, "batch_size"), ({"seed": "-1"}, "seed")],
)
def test_an_error_tells_whose_field_it_is(settings: dict[str, str], option: str, shades: ImageDataset, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"It is set with --set {option}="), says_how_to_set():
        train(network, override(RECIPE, settings), shades, CIFAR10, tmp_path / "out")
    for own, words in (("learning_rate", "learning_rate of stage 'half' is -1.0; "), ("epochs", "epochs of stage 'half' is -1; ")):
        with pytest.raises(ValueError, match=f"{words}.* with --set half.{own}="), says_how_to_set():
            override(RECIPE, {f"half.{own}": "-1"})


@pytest.mark.parametrize(
    ("stages", "words"),
    [
        ((Stage("a", 1), Stage("a", 1)), "name of its own"),
        ((Stage("a", 1, start="b"), Stage("b", 1)), "earlier stage"),
        ((Stage("a", 1), Stage("b", 1, "activations")), "all of it binarized"),
        ((Stage("a", 1), Stage("b", 2)), "3 together"),
        ((Stage("a", 1, settings={"rate": 1}), Stage("b", 1)), "'a' sets rate"),
        ((Stage("a", 1, settings={"learning_rate": -1.0}), Stage("b", 1)), "learning_rate"),
        ((Stage("last", 1), Stage("b", 1)), "a stage is named 'last'.*take another name"),
        ((Stage("best", 1), Stage("b", 1)), "a stage is named 'best'.*take another name"),
        (
            (Stage("a", 1, teacher="b", logits_weight=1.0), Stage("b", 1)),
            "teacher of stage 'a' is 'b'; it must be an earlier stage",
        ),
        ((Stage("a", 1), Stage("b", 1, teacher="b", logits_weight=1.0)), "must be an earlier stage"),
        ((Stage("a", 1, network="resnet81"), Stage("b", 1)), "network of stage 'a' is 'resnet81'; it must be one of resnet18"),
        ((Stage("a", 1, settings={"held_out": 3}), Stage("b", 1)), "same for all stages"),
        (
            (Stage("a", 1, label_weight=0.0), Stage("b", 1)),
            "label_weight of stage 'a' is 0, and it has no teacher: it learns nothing",
        ),
    ],
)
def test_stages_that_do_not_fit_are_refused(stages: tuple[Stage, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Recipe("a.b", epochs=2, stages=stages)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"epochs": 0}, "at least 1"),
        ({"binarize": "weights"}, "'activations'"),
        ({"temperature": 0.0}, "above 0"),
        ({"temperature": math.inf}, "must be a number"),
        ({"label_weight": math.nan}, "label_weight of stage 'a' is nan; it must be a number, at least 0"),
        ({"teacher": "x", "logits_weight": -1.0}, "at least 0"),
        ({"teacher": "x"}, "one of the two weights"),
        ({"logits_weight": 1.0}, "need a teacher"),
        ({"teacher": "x", "attention_weight": 1.0}, "give both"),
    ],
)
def test_a_stage_that_makes_no_sense_is_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Stage(**{"name": "a", "epochs": 1, **fields})


def test_latent_weights_begin_small_where_nothing_was_learned_before(shades: ImageDataset, tmp_path: Path) -> None:
    """A step of a rate of 0 leaves what a stage begins with."""
    still: dict[str, Any] = {"batch_size": 32, "held_out": 8, "learning_rate": 0.0}
    stages = (Stage("half", 1, "activations"), Stage("binary", 1, start="half", settings={"latent_start": 0.5}))
    recipe = Recipe("real_to_binary_net.shades", epochs=2, latent_start=1e-3, stages=stages, **still)
    begun = train(network, recipe, shades, CIFAR10, tmp_path / "two")
    one = Recipe("real_to_binary_net.shades", epochs=1, latent_start=1e-3, **still)
    alone = train(network, one, shades, CIFAR10, tmp_path / "one")
    usual = train(network, dataclasses.replace(one, latent_start=0.0), shades, CIFAR10, tmp_path / "usual")
    for left, small, own in zip(*(binary_kernels(model.weights) for model in (begun, alone, usual)), strict=True):
        assert left.numpy().min() >= 0 and 0.99e-3 < left.numpy().max() < 1e-3
        np.testing.assert_array_equal(left, small)
        assert own.numpy().min() < -0.05
    assert real_kernels(alone.weights)[0].numpy().min() < -0.05
