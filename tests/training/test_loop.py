"""A run learns, leaves its log and weights, goes on where it was stopped, and is not mixed with another."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_runs import AtStep, Stop, shades_of, tiny_network

from bnn_zoo._keras import keras
from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.data.preprocessing_settings import CIFAR10
from bnn_zoo.training import Recipe, Stage, train
from bnn_zoo.training.at_work import alone_in
from bnn_zoo.training.run_log import read_log

RECIPE = Recipe("birealnet.shades", epochs=3, batch_size=8, held_out=8, learning_rate=0.01)


class Poison(AtStep):
    """Makes a weight no number, as a step that was too large does."""

    def act(self) -> None:
        kernel = self.model.trainable_variables[0]
        kernel.assign(np.full(kernel.shape, np.nan))


@pytest.fixture(scope="module")
def shades() -> ImageDataset:
    return shades_of(56)


def network(filters: int = 8) -> Any:
    return tiny_network("birealnet", filters=filters)


def wider_network() -> Any:
    return network(filters=16)


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_a_run_learns_and_leaves_its_results(shades: ImageDataset, tmp_path: Path, precision: str) -> None:
    recipe = Recipe("a.b", epochs=6, batch_size=8, held_out=8, learning_rate=0.01, precision=precision)
    before = keras.mixed_precision.global_policy().name
    model = train(network, recipe, shades, CIFAR10, tmp_path)
    assert keras.mixed_precision.global_policy().name == before
    lines = (tmp_path / "log.csv").read_text().splitlines()
    assert len(lines) == 7
    accuracy = [float(line.split(",")[lines[0].split(",").index("accuracy")]) for line in lines[1:]]
    assert max(accuracy[-2:]) > 0.9
    again = network()
    again.load_weights(str(tmp_path / "last.weights.h5"))
    for old, new in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert (tmp_path / "best.weights.h5").exists()


def test_a_stopped_run_goes_on(shades: ImageDataset, tmp_path: Path) -> None:
    class StopBeforeTheThirdEpoch(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            if epoch == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(network, RECIPE, shades, CIFAR10, tmp_path, callbacks=(StopBeforeTheThirdEpoch(),))
    log = (tmp_path / "log.csv").read_text()
    assert not (tmp_path / "last.weights.h5").exists()
    train(network, RECIPE, shades, CIFAR10, tmp_path)
    epochs = [line.split(",")[0] for line in (tmp_path / "log.csv").read_text().splitlines()[1:]]
    assert epochs == ["0", "1", "2"]
    assert (tmp_path / "log.csv").read_text().startswith(log)


@pytest.mark.parametrize("damage", [b"", b"\xff\x00", b"epoch,loss,accuracy,val_loss,val_accuracy\r\n0,0.5,0.6"])
def test_a_log_that_is_lost_does_not_end_the_run(shades: ImageDataset, tmp_path: Path, damage: bytes) -> None:
    recipe = dataclasses.replace(RECIPE, epochs=2)
    with pytest.raises(KeyboardInterrupt):
        train(network, recipe, shades, CIFAR10, tmp_path, callbacks=(Stop(step=7),))
    (tmp_path / "log.csv").write_bytes(damage)
    with pytest.warns(UserWarning, match=r"log.csv is missing or damaged: of the 1 epochs done it has 0"):
        train(network, recipe, shades, CIFAR10, tmp_path)
    assert [row["epoch"] for row in read_log(tmp_path / "log.csv")] == ["1"]


def test_a_run_that_diverges_says_so_and_writes_nothing_of_it(shades: ImageDataset, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"loss is nan in epoch 2: training has diverged.*lower learning_rate"):
        train(network, RECIPE, shades, CIFAR10, tmp_path, callbacks=(Poison(step=9),))
    assert [row["epoch"] for row in read_log(tmp_path / "log.csv")] == ["0"]
    assert not (tmp_path / "last.weights.h5").exists()
    again = network()
    again.load_weights(str(tmp_path / "best.weights.h5"))
    assert all(np.isfinite(weights).all() for weights in again.get_weights())


def test_a_run_starts_from_the_weights_that_it_is_given(shades: ImageDataset, tmp_path: Path) -> None:
    first = train(network, RECIPE, shades, CIFAR10, tmp_path / "first")
    still = Recipe("birealnet.shades-more", epochs=1, batch_size=8, held_out=8, learning_rate=0.0)
    model = train(network, still, shades, CIFAR10, tmp_path / "second", start_from=tmp_path / "first" / "last.weights.h5")
    for old, new in zip(first.trainable_weights, model.trainable_weights, strict=True):
        np.testing.assert_array_equal(old.numpy(), new.numpy())


def test_a_folder_holds_one_recipe(shades: ImageDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "recipe.json").write_text("{}")
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path))
    for folder in (tmp_path, "~"):
        with pytest.raises(ValueError, match="another recipe"):
            train(network, RECIPE, shades, CIFAR10, folder)


def test_a_folder_holds_one_networks_run_on_one_set_of_data(shades: ImageDataset, tmp_path: Path) -> None:
    train(network, RECIPE, shades, CIFAR10, tmp_path)
    weights = (tmp_path / "last.weights.h5").read_bytes()
    renamed = dataclasses.replace(shades, class_names=tuple(f"other {name}" for name in shades.class_names))
    with pytest.raises(ValueError, match=r'on other data \(data.json: class_names\[0\] is "dark" in it and "other dark" now\)'):
        train(network, RECIPE, renamed, CIFAR10, tmp_path)
    with pytest.raises(ValueError, match=r"last.weights.h5 holds another network's weights"):
        train(wider_network, RECIPE, shades, CIFAR10, tmp_path)
    assert (tmp_path / "last.weights.h5").read_bytes() == weights
    (tmp_path / "last.weights.h5").write_bytes(weights[:1000])
    with pytest.raises(OSError, match=r"last.weights.h5 is damaged \(.*\); remove it, and the run goes on"):
        train(network, RECIPE, shades, CIFAR10, tmp_path)
    (tmp_path / "last.weights.h5").unlink()  # as if it had been stopped at its last checkpoint
    with pytest.raises(ValueError, match="holds checkpoints of another network or optimizer"):
        train(wider_network, RECIPE, shades, CIFAR10, tmp_path)


@pytest.mark.parametrize(
    ("change", "words"),
    [({"held_out": 400}, "held_out is 400, but there are only"), ({"batch_size": 400}, "batch_size is 400, but there are only")],
)
def test_too_few_pictures_are_told_before_the_folder_is_taken(
    change: dict[str, int], words: str, shades: ImageDataset, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=words):
        train(network, dataclasses.replace(RECIPE, **change), shades, CIFAR10, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_what_a_network_is_fed_cannot_change_on_the_way(shades: ImageDataset, tmp_path: Path) -> None:
    first = dataclasses.replace(RECIPE, epochs=1)
    train(network, first, shades, CIFAR10, tmp_path / "a")
    with pytest.raises(ValueError, match=r"a run on other data \(data.json: preprocessing.mean\[0\] is "):
        train(network, first, shades, dataclasses.replace(CIFAR10, mean=(0.5, 0.5, 0.5)), tmp_path / "a")
    with pytest.raises(ValueError, match=r"a run on other data \(data.json: start_from is null in it and "):
        train(network, first, shades, CIFAR10, tmp_path / "a", start_from=tmp_path / "a" / "last.weights.h5")


def test_one_process_at_a_time_and_nothing_left_of_killed_ones(shades: ImageDataset, tmp_path: Path) -> None:
    left, own = ".log.csv.a1b2c3_d.tmp", ".scratch.tmp"
    for place in (tmp_path, tmp_path / "checkpoints"):
        for name in (left, own):
            (place / name).mkdir(parents=True)
            (place / name / "part.safetensors").write_bytes(bytes(100))
    with alone_in(tmp_path / "checkpoints"), alone_in(tmp_path):
        (tmp_path / left).mkdir()
        with pytest.raises(ValueError, match="another process trains in .* just now"):
            train(network, RECIPE, shades, CIFAR10, tmp_path)
        assert (tmp_path / left).exists()
    train(network, dataclasses.replace(RECIPE, epochs=1), shades, CIFAR10, tmp_path)
    assert [path.name for path in tmp_path.rglob(".*.tmp")] == [own, own], "a user's folders stay"


def test_what_cannot_be_run_is_told_before_the_folder_is_taken(shades: ImageDataset, tmp_path: Path) -> None:
    one = dataclasses.replace(shades, labels=np.zeros_like(shades.labels), class_names=("dark",))
    with pytest.raises(ValueError, match="the pictures are of 1 class"):
        train(network, RECIPE, one, CIFAR10, tmp_path / "run")
    stages = (Stage("first", 1), Stage("second", 2, start="first", teacher="birealnet.nonsense", logits_weight=1.0))
    with pytest.raises(ValueError, match="no weight set 'nonsense'"):
        train(network, dataclasses.replace(RECIPE, stages=stages), shades, CIFAR10, tmp_path / "run")
    assert not (tmp_path / "run").exists()
