"""What is written into a folder can be read again, and what cannot be is refused before anything in it is replaced."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_network import outputs, small_network
from weight_files import files_of

from bnn_zoo._keras import keras
from bnn_zoo.data.preprocessing_settings import CIFAR10
from bnn_zoo.hub import Metric, WeightFileError, load_pretrained, resolve, save_pretrained, weight_set_of
from bnn_zoo.hub import folder as folders
from bnn_zoo.hub.folder import record_metrics
from bnn_zoo.hub.tensor_file import write_tensor_file


@pytest.fixture(scope="module")
def saved(network: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_pretrained(network, tmp_path_factory.mktemp("saved"), tag="mine", metrics=[Metric("top-1", 80.0, "d", "m")])


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "set"))


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"metrics": [Metric("top-1", np.float32(81.0), "d", "m")]}, "cannot be written as JSON"),  # type: ignore[arg-type]
        ({"metrics": [Metric("top-1", float("nan"), "d", "m")]}, "NaN"),
        ({"metrics": [Metric("top-1", 101.0, "d", "m")]}, "from 0 to 100, percent; it is 101"),
        ({"metrics": [Metric("top-1", 80.0, None, "m")]}, "the metric's dataset cannot be None"),  # type: ignore[arg-type]
        ({"recipe": {"lr": np.float32(1)}}, "cannot be written as JSON"),
        ({"recipe": {"loss": float("nan")}}, "NaN"),
        ({"recipe": {"data": Path("x")}}, "give plain numbers"),
        ({"recipe": {1: "a", "1": "b"}}, "comes twice"),
        ({"dataset": "caf\udce9"}, "surrogates not allowed"),  # as of a name that is no UTF-8
        ({"license": 3}, "'license' must be a string; it is 3"),
        ({"preprocessing": {"foo": 1}}, "preprocessing lacks input_size, "),
        ({"preprocessing": {**CIFAR10.to_dict(), "mean": [300, 1, 1]}}, "preprocessing field mean is .* from 0 to 1"),
        ({"preprocessing": "cifar10"}, "preprocessing is 'cifar10'; it has to be a mapping"),
    ],
)
def test_what_could_not_be_read_again_is_refused_and_nothing_is_replaced(
    folder: Path, tmp_path: Path, said: dict[str, Any], message: str
) -> None:
    before = files_of(folder)
    for place in (folder, tmp_path / "new"):
        with pytest.raises(ValueError, match=message):
            save_pretrained(small_network(1), place, **said)
    assert files_of(folder) == before
    assert not (tmp_path / "new").exists()


def test_a_network_that_diverged_is_not_saved(folder: Path) -> None:
    before = files_of(folder)
    model = small_network(1)
    model.get_layer("head_dense").bias.assign([0.0] * 9 + [np.nan])
    with pytest.raises(ValueError, match="the weight 'head_dense/bias' holds NaN"):
        save_pretrained(model, folder)
    assert files_of(folder) == before


@pytest.mark.parametrize("value", [float("nan"), 101.0, np.float32(3)])
def test_metrics_that_could_not_be_read_again_are_not_recorded(folder: Path, value: Any) -> None:
    before = files_of(folder)
    with pytest.raises(ValueError, match=r"birealnet\.mine"):
        record_metrics(folder, [Metric("top-1", value, "d", "m")])
    assert files_of(folder) == before


def test_metrics_of_other_weights_are_not_recorded(folder: Path) -> None:
    before = files_of(folder)
    with pytest.raises(WeightFileError, match="was saved anew since its weights were measured"):
        record_metrics(folder, [Metric("top-1", 90.0, "d", "m")], "0" * 64)
    assert files_of(folder) == before


def test_a_card_that_was_edited_stays_when_metrics_are_recorded(folder: Path) -> None:
    card, new = folder / "README.md", [Metric("top-1", 90.25, "d", "m")]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        record_metrics(folder, new)
        assert "90.25" in card.read_text()
        card.unlink()
        record_metrics(folder, new)
        assert "90.25" in card.read_text()
    edited = card.read_bytes() + b"\n## My notes \xff\n"
    for content in (edited, edited[:-3]):
        card.write_bytes(content)
        with pytest.warns(UserWarning, match=r"README\.md is not as .* edited by hand perhaps, and stays as it is"):
            record_metrics(folder, [Metric("top-5", 99.5, "d", "m")])
        assert card.read_bytes() == content
    assert [metric.value for metric in resolve(folder).metrics] == [90.25, 99.5]


def test_numbers_and_tuples_that_json_knows_are_taken(network: keras.Model, tmp_path: Path) -> None:
    metrics = [Metric("top-1", np.float64(81.5), "d", "m"), Metric("top-5", 99, "d", "m")]
    save_pretrained(network, tmp_path, metrics=metrics, recipe={"lr": (1, 2), "command": 3})
    found = resolve(tmp_path)
    assert [metric.value for metric in found.metrics] == [81.5, 99]
    assert found.recipe == {"lr": [1, 2], "command": 3}


class NeverCalled(keras.Model):
    def call(self, inputs: Any) -> Any:
        return inputs


def networks_of_other_inputs() -> list[keras.Model]:
    pictures, numbers = keras.Input((8, 8, 3)), keras.Input((4,))
    both = keras.layers.Concatenate()([keras.layers.Flatten()(pictures), numbers])
    flat = keras.Sequential([keras.layers.Dense(4, input_shape=(784,))])
    return [flat, keras.Model([pictures, numbers], keras.layers.Dense(3)(both)), NeverCalled()]


def test_networks_that_do_not_take_pictures_are_refused(tmp_path: Path) -> None:
    for model in networks_of_other_inputs():
        with pytest.raises(ValueError, match=f"{model.name} takes .* only networks that take one batch of pictures"):
            save_pretrained(model, tmp_path / "set", labels=["a"])
        assert not (tmp_path / "set").exists()


def test_several_outputs(tmp_path: Path) -> None:
    images = keras.Input((32, 32, 3))
    flat = keras.layers.Flatten()(images)
    model = keras.Model(images, [keras.layers.Dense(3)(flat), keras.layers.Dense(4)(flat)])
    for found, expected in zip(load_pretrained(save_pretrained(model, tmp_path)).weights, model.weights, strict=True):
        np.testing.assert_array_equal(found.numpy(), expected.numpy())


@pytest.mark.parametrize(
    "names", [["README.md"], ["config.json"], ["README.md", "config.json"], ["config.json", "model.safetensors"]]
)
def test_somebodys_own_files_are_not_replaced(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text('{"mine": true}')
    before = files_of(tmp_path)
    with pytest.raises(ValueError, match=f"has a {names[-1] if names[0] == 'README.md' else names[0]} that is no weight set's"):
        save_pretrained(small_network(), tmp_path)
    assert files_of(tmp_path) == before


@pytest.mark.parametrize("names", [["model.safetensors"], ["model.safetensors", "README.md"]])
@pytest.mark.parametrize("is_sound", [True, False])
def test_somebodys_own_tensors_are_not_replaced(tmp_path: Path, names: list[str], is_sound: bool) -> None:
    for name in names:
        (tmp_path / name).write_text("mine")
    if is_sound:
        write_tensor_file(tmp_path / "model.safetensors", {"a": np.zeros(2, np.float32)}, {"format": "pt"})
    before = files_of(tmp_path)
    with pytest.raises(ValueError, match=r"has a model\.safetensors that is no weight set's"):
        save_pretrained(small_network(), tmp_path)
    assert files_of(tmp_path) == before


def test_what_a_run_that_was_cut_left_is_replaced(network: keras.Model, folder: Path) -> None:
    (folder / "config.json").unlink()
    save_pretrained(network, folder)
    np.testing.assert_array_equal(outputs(load_pretrained(folder)), outputs(network))


def test_only_a_model_is_saved(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="model is 'birealnet'; it must be a keras.Model"):
        save_pretrained("birealnet", tmp_path)  # type: ignore[arg-type]


def test_saving_over_an_older_weight_set(folder: Path) -> None:
    other = small_network(1)
    save_pretrained(other, folder)
    np.testing.assert_array_equal(outputs(load_pretrained(folder)), outputs(other))


def test_what_another_process_saves_meanwhile_is_not_taken_for_this_ones(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(path: Path, *content: Any) -> tuple[str, int]:
        written = write_tensor_file(path, *content)
        shutil.copy(saved / "model.safetensors", path)
        return written

    monkeypatch.setattr(folders, "write_tensor_file", write)
    save_pretrained(small_network(1), tmp_path)
    with pytest.raises(WeightFileError, match="does not have the recorded sha256"):
        load_pretrained(tmp_path)


def test_description(tmp_path: Path) -> None:
    metric = Metric("top-1", 81.5, "CIFAR-10 test", "this test")
    model = small_network()
    folder = save_pretrained(
        model,
        tmp_path,
        tag="tiny",
        labels="cifar10",
        preprocessing=CIFAR10,
        metrics=[metric],
        license="Apache-2.0",
        dataset="CIFAR-10",
        recipe={"epochs": 3},
    )
    loaded = load_pretrained(folder)
    weights = weight_set_of(loaded)
    assert weights is not None
    assert (weights.name, weights.metrics, weights.license) == ("birealnet.tiny", (metric,), "Apache-2.0")
    assert weights.bytes == (folder / "model.safetensors").stat().st_size
    card = (folder / "README.md").read_text()
    assert card.startswith("---\n") and "81.50" in card and "this test" in card and "BiRealNet(pretrained=" in card
    second = load_pretrained(save_pretrained(loaded, tmp_path / "second"))
    kept = weight_set_of(second)
    assert kept is not None and kept.labels == "cifar10" and kept.preprocessing == weights.preprocessing


def test_labels_must_be_as_many_as_outputs(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="labels has 3 names, but birealnet has 10 outputs"):
        save_pretrained(small_network(), tmp_path / "set", labels=list("abc"))
    with pytest.raises(ValueError, match="imagenet.*1000 names.*10 outputs"):
        save_pretrained(small_network(), tmp_path / "set", labels="imagenet")
    with pytest.raises(ValueError, match="nonsense"):
        save_pretrained(small_network(), tmp_path / "set", labels="nonsense")
    assert not (tmp_path / "set").exists()
