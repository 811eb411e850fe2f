"""From a small folder of pictures to a weight set for them, in two runs that can be stopped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from narrow import NARROW
from PIL import Image

import bnn_zoo
from bnn_zoo._keras import keras
from bnn_zoo.hub.variables import named_variables
from bnn_zoo.models import find_architecture
from bnn_zoo.models.build import build_model
from bnn_zoo.transfer import finetune

CLASSES = {"blue": (20, 20, 220), "green": (20, 220, 20), "red": (220, 20, 20)}
SHORT = {"head.epochs": "2", "whole.epochs": "2", "batch_size": "8"}


def write_pictures(folder: Path, count: int, classes: dict[str, Any] = CLASSES) -> Path:
    rng = np.random.default_rng(0)
    for name, colour in classes.items():
        (folder / name).mkdir(parents=True)
        for index in range(count):
            height, width = rng.integers(24, 40, 2)
            picture = np.clip(np.array(colour) + rng.integers(-20, 20, (height, width, 3)), 0, 255)
            Image.fromarray(picture.astype("uint8")).save(folder / name / f"{index:02}.png")
    return folder


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pictures(tmp_path_factory.mktemp("data") / "colours", 20)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weight set to start from, of a network that builds in a second and never saw a picture."""
    keras.utils.set_random_seed(1)
    model = build_model(find_architecture("birealnet"), input_shape=(32, 32, 3), num_classes=5, arguments=NARROW["birealnet"])
    return bnn_zoo.save_pretrained(model, tmp_path_factory.mktemp("base"), preprocessing=bnn_zoo.data.CIFAR10)


@pytest.fixture(scope="module")
def done(base: Path, pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    out, said = tmp_path_factory.mktemp("run"), []
    settings = {"head.epochs": "2", "whole.epochs": "6", "batch_size": "8", "learning_rate": "0.01"}
    finetune(str(base), pictures, out, settings=settings, license="CC0-1.0", say=said.append)
    return out, said


def test_the_result_is_a_weight_set_with_its_score(done: tuple[Path, list[str]]) -> None:
    model = bnn_zoo.load_pretrained(done[0] / "model")
    config = json.loads((done[0] / "model" / "config.json").read_text())
    assert config["labels"] == list(CLASSES) and config["license"] == "CC0-1.0" and config["tag"] == "colours"
    (metric,) = config["metrics"]
    assert metric["dataset"] == "colours, held out" and "12 pictures" in metric["measured_by"]
    card = (done[0] / "model" / "README.md").read_text()
    assert "colours, held out" in card and "training-log.csv" in card and "fine-tuned from birealnet (sha256 " in card
    red = np.full((30, 50, 3), CLASSES["red"], "uint8")
    ((name, _),) = bnn_zoo.decode_predictions(model.predict(bnn_zoo.preprocess(red, model), verbose=0), model, top=1)[0]
    assert name == "red"


def test_the_score_is_that_of_pictures_that_were_held_out(done: tuple[Path, list[str]], pictures: Path) -> None:
    from bnn_zoo.data import load_dataset, split_off
    from bnn_zoo.training.loop import _HELD_OUT_SEED

    model = bnn_zoo.load_pretrained(done[0] / "model")
    _, held_out = split_off(load_dataset(pictures, size=(32, 32)), 12, _HELD_OUT_SEED)
    found = model.predict(bnn_zoo.preprocess(held_out.images, model), verbose=0).argmax(axis=1)
    (metric,) = json.loads((done[0] / "model" / "config.json").read_text())["metrics"]
    assert metric["value"] == pytest.approx(100 * np.mean(found == held_out.labels), abs=0.01)


def test_the_first_run_trains_the_head_alone(done: tuple[Path, list[str]], base: Path) -> None:
    before = named_variables(bnn_zoo.load_pretrained(base))
    model = bnn_zoo.replace_head(bnn_zoo.load_pretrained(base), 3)
    for run, same in (("head", True), ("whole", False)):
        model.load_weights(str(done[0] / run / "last.weights.h5"))
        body = [name for name in before if not name.startswith("head_")]
        after = named_variables(model)
        assert all(np.array_equal(before[name].numpy(), after[name].numpy()) for name in body) is same


def test_what_it_does_is_said_aloud(done: tuple[Path, list[str]]) -> None:
    said = "\n".join(done[1])
    assert "60 pictures: blue 20, green 20, red 20" in said
    assert "48 to train on, 12 held out; batches of 8" in said
    assert "frozen: 18 of 19" in said and "unbalanced" not in said
    assert "of 12 pictures that were held out" in said


def test_a_run_that_was_stopped_goes_on(base: Path, pictures: Path, tmp_path: Path) -> None:
    def stop_before_the_second(line: str) -> None:
        if line.startswith("2 of 2"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        finetune(str(base), pictures, tmp_path, settings=SHORT, say=stop_before_the_second)
    log = (tmp_path / "head" / "log.csv").read_bytes()
    assert not (tmp_path / "whole").exists()
    folder = finetune(str(base), pictures, tmp_path, settings=SHORT, say=lambda line: None)
    assert (tmp_path / "head" / "log.csv").read_bytes() == log and folder == tmp_path / "model"
    expected = bnn_zoo.load_pretrained(folder).get_weights()
    again = bnn_zoo.load_pretrained(finetune(str(base), pictures, tmp_path, settings=SHORT, say=lambda line: None))
    for one, other in zip(expected, again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(ValueError, match="another recipe"):
        finetune(str(base), pictures, tmp_path, settings={**SHORT, "whole.epochs": "3"}, say=lambda line: None)


def test_unbalanced_classes_and_bad_pictures_are_named(base: Path, tmp_path: Path) -> None:
    data = write_pictures(tmp_path / "data", 4)
    for index in range(12):
        Image.fromarray(np.full((32, 32, 3), 7 * index, "uint8")).save(data / "red" / f"more{index}.png")
    (data / "red" / "broken.png").write_bytes(b"no picture")
    said: list[str] = []

    def stop_before_training(line: str) -> None:
        said.append(line)
        if line.startswith("1 of 2"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        finetune(str(base), data, tmp_path / "out", say=stop_before_training)
    assert any("broken.png" in line for line in said)
    assert any("red has 16 pictures, blue only 4" in line for line in said)


def test_the_split_that_is_trained_on(base: Path, tmp_path: Path) -> None:
    for split, count in (("train", 6), ("test", 4)):
        write_pictures(tmp_path / "data" / split, count)
    said: list[str] = []

    def stop_before_training(line: str) -> None:
        said.append(line)
        if line.startswith("1 of 2"):
            raise KeyboardInterrupt

    for split, pictures in ((None, "18 pictures"), ("test", "12 pictures")):
        with pytest.raises(KeyboardInterrupt):
            finetune(str(base), tmp_path / "data", tmp_path / "out", split=split, say=stop_before_training)
        assert any(line.startswith(pictures) for line in said), said
        said.clear()
    with pytest.raises(ValueError, match="split is 'trian'.*'test', 'train'"):
        finetune(str(base), tmp_path / "data", tmp_path / "out", split="trian")


def test_the_weight_set_of_a_training_run_is_not_overwritten(base: Path, pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "recipe.json").write_text("{}")
    with pytest.raises(ValueError, match="holds what `bnn-zoo train` makes"):
        finetune(str(base), pictures, tmp_path)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"tail.epochs": "3"}, "tail.epochs.*head.FIELD"),
        ({"epoch": "3"}, "no field 'epoch'"),
        ({"whole.epochs": "x"}, "expected a whole number"),
        ({"head.arguments.filters": "8"}, "head.arguments.filters.*head.FIELD"),
        ({"whole.held_out": "7"}, "the second score would count pictures that the first run has learnt from"),
    ],
)
def test_settings_that_mean_nothing(base: Path, pictures: Path, tmp_path: Path, settings: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        finetune(str(base), pictures, tmp_path, settings=settings, say=lambda line: None)
