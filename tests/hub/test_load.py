"""From a reference to a network: which layers are filled, what warns, what is refused, and that a refusal changes nothing."""

from __future__ import annotations

import dataclasses
import json
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from narrow import filled
from small_network import ARGUMENTS, outputs, small_network, snapshot

import bnn_zoo
from bnn_zoo._keras import keras
from bnn_zoo.hub import (
    Metric,
    WeightFileError,
    WeightMismatchError,
    WeightSet,
    load_pretrained,
    load_weights,
    resolve,
    save_pretrained,
    weight_set_of,
)
from bnn_zoo.hub.formats import keras_h5
from bnn_zoo.hub.hashing import file_sha256
from bnn_zoo.hub.packing import encode
from bnn_zoo.hub.tensor_file import read_tensor_file, write_tensor_file
from bnn_zoo.hub.variables import weights_of


@pytest.fixture(scope="module")
def folder(network: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_pretrained(network, tmp_path_factory.mktemp("saved"), tag="mine", labels=list("abcdefghij"))


def test_a_saved_network_gives_identical_outputs(network: keras.Model, folder: Path) -> None:
    file = folder / "model.safetensors"
    for reference in (folder, str(folder), file, str(file), resolve(folder)):
        again = load_pretrained(reference)
        np.testing.assert_array_equal(outputs(again), outputs(network))
        found = weight_set_of(again)
        assert found is not None and found.tag == "mine"


def test_arguments_other_than_the_records_do_not_fit(folder: Path) -> None:
    with pytest.raises(WeightMismatchError, match="other arguments"):
        load_pretrained(folder, arguments={"filters": 16})


def test_a_network_without_top_has_neither_class_names_nor_metrics_and_is_saved(network: keras.Model, tmp_path: Path) -> None:
    whole = save_pretrained(network, tmp_path / "whole", labels=list("abcdefghij"), metrics=[Metric("top-1", 80.0, "d", "m")])
    model = load_pretrained(whole, include_top=False)
    found = weight_set_of(model)
    assert found is not None and found.labels is None and found.metrics == ()
    again = load_pretrained(save_pretrained(model, tmp_path / "features"), include_top=False)
    np.testing.assert_array_equal(outputs(again), outputs(model))


@pytest.mark.parametrize("number", [0, -1, 2.5, "7"])
def test_a_number_of_classes_that_is_none(folder: Path, number: Any) -> None:
    with pytest.raises(ValueError, match=f"num_classes is {number!r}; it must be a whole number above 0"):
        load_pretrained(folder, num_classes=number)


def rewritten(folder: Path, tmp_path: Path, change: Any) -> WeightSet:
    """The folder's weight set with other tensors, and no hash that would tell."""
    tensors, metadata = read_tensor_file(folder / "model.safetensors")
    change(tensors, metadata)
    write_tensor_file(tmp_path / "changed.safetensors", tensors, metadata)
    return dataclasses.replace(resolve(folder), sources=(str(tmp_path / "changed.safetensors"),), sha256=None, bytes=None)


def drop(tensors: dict[str, Any], metadata: dict[str, str]) -> None:
    del tensors["head_dense/bias"]


def add(tensors: dict[str, Any], metadata: dict[str, str]) -> None:
    tensors["head_dense/more"] = np.zeros(3, np.float32)


def reshape(tensors: dict[str, Any], metadata: dict[str, str]) -> None:
    tensors["head_dense/bias"] = np.zeros(11, np.float32)


def to_integers(tensors: dict[str, Any], metadata: dict[str, str]) -> None:
    tensors["head_dense/bias"] = np.zeros(10, np.int32)


def to_booleans(tensors: dict[str, Any], metadata: dict[str, str]) -> None:
    tensors["head_dense/bias"] = np.zeros(10, bool)


@pytest.mark.parametrize("change", [drop, add, reshape, to_integers, to_booleans])
def test_what_does_not_fit_changes_nothing(network: keras.Model, folder: Path, tmp_path: Path, change: Any) -> None:
    model = small_network(seed=1)
    before = snapshot(model)
    with pytest.raises(WeightMismatchError, match="head_dense"):
        load_weights(model, rewritten(folder, tmp_path, change))
    assert snapshot(model) == before
    assert weight_set_of(model) is None


def test_wrong_shape_names_the_first_tensor_and_changes_nothing(tmp_path: Path) -> None:
    folder = save_pretrained(filled("birealnet"), tmp_path)
    with pytest.raises(
        WeightMismatchError, match=r"'stem_conv/kernel' is \(3, 3, 3, 8\) in the file but \(3, 3, 3, 16\) in birealnet"
    ):
        bnn_zoo.BiRealNet(pretrained=folder, filters=16)
    weights = weight_set_of(load_pretrained(folder))
    assert weights is not None
    other = filled("birealnet", section_blocks=(1, 2, 1, 2))
    before = snapshot(other)
    with pytest.raises(
        WeightMismatchError, match=r"has no tensor 'section_3_block_1_conv/kernel', which birealnet needs \(3, 3, 64, 64\)"
    ):
        load_weights(other, weights)
    assert snapshot(other) == before
    shorter = filled("birealnet", section_blocks=(1, 1, 1, 1))
    before = snapshot(shorter)
    with pytest.raises(WeightMismatchError, match="section_1_block_1"):
        load_weights(shorter, weights)
    assert snapshot(shorter) == before


def test_weights_of_another_network(tmp_path: Path) -> None:
    folder = save_pretrained(filled("birealnet"), tmp_path)
    with pytest.raises(ValueError, match=r"holds weights of birealnet, not of quicknet; use create_model\('birealnet'"):
        bnn_zoo.QuickNet(pretrained=folder)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_nan_is_refused_by_name(folder: Path, tmp_path: Path, dtype: Any) -> None:
    model = small_network(seed=1)
    before = snapshot(model)
    bias = np.array([0.0] * 9 + [np.nan], dtype)
    with pytest.raises(WeightFileError, match="the tensor 'head_dense/bias' holds NaN"):
        load_weights(model, rewritten(folder, tmp_path, lambda tensors, metadata: tensors.update({"head_dense/bias": bias})))
    assert snapshot(model) == before
    # Nobody looks at a head that is left out.
    weights = rewritten(folder, tmp_path, lambda tensors, metadata: tensors.update({"head_dense/bias": bias}))
    with pytest.warns(UserWarning, match="must be trained"):
        load_weights(small_network(num_classes=3), weights)


@pytest.mark.parametrize("largest", [np.float32(-np.inf), np.float64(1e300)])
def test_infinite_numbers_are_warned_of_by_name(folder: Path, tmp_path: Path, largest: Any) -> None:
    model = small_network(seed=1)
    bias = np.array([largest] * 10)
    with pytest.warns(UserWarning, match="the tensor 'head_dense/bias' holds infinite numbers") as caught:
        load_weights(model, rewritten(folder, tmp_path, lambda tensors, metadata: tensors.update({"head_dense/bias": bias})))
    assert len(caught) == 1
    np.testing.assert_array_equal(model.get_layer("head_dense").bias.numpy(), np.sign(bias) * np.inf)


@pytest.mark.parametrize("dtype", [np.float64, np.float16])
def test_other_floats_are_converted(folder: Path, tmp_path: Path, dtype: Any) -> None:
    model = small_network(seed=1)
    bias = np.arange(10).astype(dtype)
    load_weights(model, rewritten(folder, tmp_path, lambda tensors, metadata: tensors.update({"head_dense/bias": bias})))
    np.testing.assert_array_equal(model.get_layer("head_dense").bias.numpy(), bias.astype(np.float32))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"format": "pickle"}, "the format 'pickle' is not known; there are packed, keras-h5"),
        ({"arguments": {"depth": 3}}, "no argument 'depth'"),
        ({"sources": []}, "could not be had|no such file"),
    ],
)
def test_a_configuration_that_asks_for_what_is_not_there(folder: Path, fields: dict[str, Any], message: str) -> None:
    weights = dataclasses.replace(resolve(folder), **fields)
    with pytest.raises(WeightFileError, match=message):
        load_pretrained(weights)


def reconfigured(folder: Path, tmp_path: Path, **fields: Any) -> Path:
    """A copy of the folder with other fields in its configuration, without those that are None."""
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    config = {**json.loads((copy / "config.json").read_text()), **fields}
    (copy / "config.json").write_text(json.dumps({name: value for name, value in config.items() if value is not None}))
    return copy


@pytest.mark.parametrize(
    "fields",
    [
        {"arguments": {"filters": 8, "section_blocks": 5}},
        {"arguments": {"filters": "abc"}},
        {"arguments": {"filters": -3}},
        {"arguments": {"filters": 8, "section_blocks": [1, "x"]}},
        {"arguments": {"filters": 8, "section_blocks": [1, 1], "binarization": {"kernel_quantizer": "nope"}}},
    ],
)
def test_a_record_of_which_no_network_can_be_built(folder: Path, tmp_path: Path, fields: dict[str, Any]) -> None:
    with pytest.raises(WeightFileError, match=r"birealnet\.mine: no network can be built as its record says"):
        load_pretrained(reconfigured(folder, tmp_path, **fields))


def test_what_the_caller_asks_for_is_the_callers_error(folder: Path) -> None:
    with pytest.raises(TypeError):
        load_pretrained(folder, arguments={"filters": "abc"})


@pytest.mark.parametrize("fields", [{}, {"include_top": False}, {"bytes": None}])
def test_no_memory_is_taken_for_classes_that_the_file_cannot_have(folder: Path, tmp_path: Path, fields: dict[str, Any]) -> None:
    copy = reconfigured(folder, tmp_path, num_classes=2**31 - 1, labels=None, **fields)
    with pytest.raises(WeightFileError, match=r"2147483647 classes are recorded, but the file has numbers for \d+ at most"):
        load_pretrained(copy)


@pytest.mark.parametrize(
    "arguments",
    [{"filters": 20_000, "section_blocks": [1, 1]}, {"filters": 8, "section_blocks": [100_000]}, {"filters": 10**9}],
)
def test_a_network_that_the_file_has_no_room_for_is_given_up(folder: Path, tmp_path: Path, arguments: dict[str, Any]) -> None:
    copy, start = reconfigured(folder, tmp_path, arguments=arguments), time.process_time()
    with pytest.raises(WeightFileError, match=r"no network can be built as its record says, .* in \d+ tensors, more than fit into"):
        load_pretrained(copy)
    assert time.process_time() - start < 30, "it takes minutes to build"


def test_a_layer_that_the_file_has_no_room_for_is_given_up(folder: Path, tmp_path: Path) -> None:
    images = keras.Input((32, 32, 3))
    model = keras.Model(images, keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(8, 3, name="conv")(images)))
    saved = save_pretrained(model, tmp_path / "saved")
    load_pretrained(saved)
    config = (saved / "config.json").read_text()
    (saved / "config.json").write_text(config.replace('"filters": 8', '"filters": 1000000000'))
    with pytest.raises(WeightFileError, match=r"it has at least 27000000000 weights in 1 tensors, more than fit into \d+ bytes"):
        load_pretrained(saved)


def test_the_smallest_networks_fit_into_their_files(tmp_path: Path) -> None:
    """TensorFlow makes variables of its own while a network is built, for random numbers."""
    layers = [keras.layers.RandomFlip(seed=number) for number in range(9)]
    model = keras.Sequential([keras.layers.Input((1, 1, 1)), *layers, keras.layers.Dense(1, use_bias=False)])
    again = load_pretrained(save_pretrained(model, tmp_path))
    np.testing.assert_array_equal(again.get_weights(), model.get_weights())


def test_what_the_caller_asks_for_may_be_larger_than_the_file(folder: Path, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="all was loaded but head_dense"):
        load_pretrained(folder, num_classes=100_000)
    features = save_pretrained(small_network(num_classes=None), tmp_path / "features")
    with pytest.warns(UserWarning, match="comes without top: all was loaded but head_dense"):
        assert load_pretrained(features, num_classes=100_000).output_shape == (None, 100_000)


@pytest.mark.parametrize("kind", ["keras-h5", "pytorch", "pickle"])
def test_a_folder_holds_packed_weights_only(
    network: keras.Model, folder: Path, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hash that lies beside the file vouches for nothing, and the HDF5 library can be crashed by what is in a file."""
    network.save_weights(tmp_path / "network.h5")
    copy = reconfigured(folder, tmp_path, format=kind, sha256=file_sha256(tmp_path / "network.h5"), bytes=None)
    shutil.copyfile(tmp_path / "network.h5", copy / "model.safetensors")
    monkeypatch.setattr(keras_h5, "read", None)
    with pytest.raises(WeightFileError, match=f"the format is '{kind}', which is not published in folders"):
        load_pretrained(copy)


def test_names_with_a_colon(network: keras.Model, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(folder, "run:1")
    shutil.copyfile("run:1/model.safetensors", "https:a.safetensors")
    for reference in ("run:1", Path("run:1"), "run:1/model.safetensors"):
        np.testing.assert_array_equal(outputs(load_pretrained(reference)), outputs(network))
    bare = load_pretrained(
        "https:a.safetensors", architecture="birealnet", arguments=ARGUMENTS, input_shape=(32, 32, 3), num_classes=10
    )
    np.testing.assert_array_equal(outputs(bare), outputs(network))


class Twins(keras.layers.Layer):
    """Two variables of one name."""

    def build(self, input_shape: Any) -> None:
        self.first = self.add_weight("gain", (3,))
        self.second = self.add_weight("gain", (3,))

    def call(self, inputs: Any) -> Any:
        return inputs * self.first + self.second


def test_names_must_tell_variables_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(keras.utils.get_custom_objects(), "Twins", Twins)
    images = keras.Input((8, 8, 3))
    model = keras.Model(images, Twins(name="both")(images), name="own")
    with pytest.raises(ValueError, match="two variables of own are named both/gain; name the layers apart"):
        save_pretrained(model, tmp_path / "set")
    assert not (tmp_path / "set").exists()


def test_a_bare_file(tmp_path: Path) -> None:
    tensors, metadata = encode(weights_of(small_network()))
    write_tensor_file(tmp_path / "bare.safetensors", tensors, metadata)
    model = load_pretrained(
        tmp_path / "bare.safetensors", architecture="birealnet", arguments=ARGUMENTS, input_shape=(32, 32, 3), num_classes=10
    )
    np.testing.assert_array_equal(outputs(model), outputs(small_network()))


def test_a_tag_that_could_not_be_read_again_is_not_written(network: keras.Model, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="tag='my tag' must be of letters"):
        save_pretrained(network, tmp_path, tag="my tag")


def test_the_record_survives_saving(folder: Path, tmp_path: Path) -> None:
    save_pretrained(load_pretrained(folder), tmp_path / "again")
    first, second = (json.loads((path / "config.json").read_text()) for path in (folder, tmp_path / "again"))
    assert first["sha256"] == second["sha256"]
    assert first["labels"] == second["labels"]
