"""A weight set for a network with other arguments: what is left out of the load, and what is remembered of the set's own."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from narrow import DISTINCT, NARROW, filled, noise
from small_network import outputs

import bnn_zoo
from bnn_zoo._keras import keras
from bnn_zoo.blocks import Binarization
from bnn_zoo.hub import weight_set_of
from bnn_zoo.models.build import record_of

pytestmark = pytest.mark.usefixtures("clear_session")


def test_other_number_of_classes(tmp_path: Path) -> None:
    model = filled("birealnet")
    folder = bnn_zoo.save_pretrained(model, tmp_path, labels="cifar10", preprocessing=bnn_zoo.data.CIFAR10)
    with pytest.warns(UserWarning, match=r"birealnet was trained on 10 classes, not 4: all was loaded but head_dense, which must"):
        loaded = bnn_zoo.BiRealNet(pretrained=folder, num_classes=4)
    assert loaded.output_shape == (None, 4)
    found = weight_set_of(loaded)
    assert found is not None and found.labels is None
    body = keras.Model(model.input, model.get_layer("head_flatten").output)
    found = keras.Model(loaded.input, loaded.get_layer("head_flatten").output)
    assert np.abs(outputs(found) - outputs(body)).max() <= 1e-5
    with pytest.raises(ValueError, match=r"class names of this model are not known.*pass labels="):
        bnn_zoo.decode_predictions(outputs(loaded), loaded)
    assert bnn_zoo.decode_predictions(outputs(loaded), loaded, top=1, labels=list("abcd"))[0][0][0] in "abcd"
    assert bnn_zoo.preprocess(np.zeros((1, 40, 40, 3), "uint8"), loaded).shape == (1, 32, 32, 3)


@pytest.mark.parametrize("name", DISTINCT)
def test_other_number_of_classes_leaves_out_the_head_only(name: str, tmp_path: Path) -> None:
    folder = bnn_zoo.save_pretrained(filled(name), tmp_path)
    with pytest.warns(UserWarning, match="all was loaded but head_"):
        loaded = bnn_zoo.create_model(name, pretrained=folder, num_classes=4)
    weighted = [layer.name for layer in loaded.layers if layer.weights]
    head = [entry for entry in weighted if entry.startswith("head_")]
    assert head and len(head) <= 2 and weighted[-len(head) :] == head


def test_the_same_number_of_classes_warns_of_nothing(tmp_path: Path) -> None:
    folder = bnn_zoo.save_pretrained(filled("birealnet"), tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        bnn_zoo.BiRealNet(pretrained=folder, num_classes=10)


@pytest.mark.parametrize("name", ["birealnet", "binarynet", "xnornet", "meliusnet22"])
def test_without_top_from_a_whole_set(name: str, tmp_path: Path) -> None:
    model = filled(name)
    folder = bnn_zoo.save_pretrained(model, tmp_path)
    features = bnn_zoo.create_model(name, pretrained=folder, include_top=False)
    last = features.layers[-1].name
    expected = outputs(keras.Model(model.input, model.get_layer(last).output))
    assert np.abs(outputs(features) - expected).max() <= 1e-4 * np.abs(expected).max()
    anywhere = bnn_zoo.create_model(name, pretrained=folder, include_top=False, input_shape=(None, None, 3))
    assert np.abs(outputs(anywhere) - expected).max() <= 1e-4 * np.abs(expected).max()


def test_whole_network_from_a_set_without_top(tmp_path: Path) -> None:
    folder = bnn_zoo.save_pretrained(filled("birealnet", include_top=False), tmp_path)
    model = bnn_zoo.BiRealNet(pretrained=folder, include_top=False)
    assert model.output_shape[-1] == 64
    with pytest.warns(UserWarning, match="birealnet comes without top: all was loaded but head_dense, which must be trained"):
        whole = bnn_zoo.BiRealNet(pretrained=folder)
    assert whole.output_shape == (None, 1000)
    body = keras.Model(whole.input, whole.get_layer(model.layers[-1].name).output)
    assert np.abs(outputs(body) - outputs(model)).max() <= 1e-5 * np.abs(outputs(model)).max()


@pytest.mark.parametrize("scaling", ["channel", "outer"])
def test_scaling_is_remembered(scaling: str, tmp_path: Path) -> None:
    model = filled("binary_resnet_e18", scaling=scaling)
    loaded = bnn_zoo.load_pretrained(bnn_zoo.save_pretrained(model, tmp_path))
    assert dict(record_of(loaded).arguments)["scaling"] == scaling  # type: ignore[union-attr]
    assert np.array_equal(outputs(loaded), outputs(model))


def test_stem_is_remembered(tmp_path: Path) -> None:
    model = filled("birealnet")
    folder = bnn_zoo.save_pretrained(model, tmp_path)
    larger = bnn_zoo.BiRealNet(pretrained=folder, input_shape=(64, 64, 3))
    assert larger.get_layer("stem_conv").kernel_size == (3, 3)
    assert larger.get_layer("stem_conv").strides == (1, 1)
    assert dict(record_of(larger).arguments)["stem"] == "cifar"  # type: ignore[union-attr]
    again = bnn_zoo.load_pretrained(bnn_zoo.save_pretrained(larger, tmp_path / "larger"))
    assert again.input_shape == (None, 64, 64, 3)
    pictures = noise(64, 64)
    assert np.abs(outputs(again, pictures) - outputs(larger, pictures)).max() <= 1e-6


def test_arguments_are_remembered(tmp_path: Path) -> None:
    settings = Binarization(clip_value=1.5, kernel_quantizer="xnor_scale", pad_values=-1.0, padding_alignment="symmetric")
    model = filled("birealnet", binarization=settings)
    folder = bnn_zoo.save_pretrained(model, tmp_path)
    config = json.loads((folder / "config.json").read_text())
    assert config["arguments"]["filters"] == 8
    assert config["arguments"]["section_blocks"] == [1, 2, 1, 1]
    loaded = bnn_zoo.load_pretrained(folder)
    assert dict(record_of(loaded).arguments) == dict(record_of(model).arguments)  # type: ignore[union-attr]
    assert np.abs(outputs(loaded) - outputs(model)).max() <= 1e-6


def test_input_tensor(tmp_path: Path) -> None:
    model = filled("quicknet")
    folder = bnn_zoo.save_pretrained(model, tmp_path)
    images = keras.Input((32, 32, 3))
    loaded = bnn_zoo.QuickNet(pretrained=folder, input_tensor=images)
    assert loaded.input is images
    assert np.array_equal(outputs(loaded), outputs(model))


def test_pretrained_false_and_none_load_nothing() -> None:
    for pretrained in (False, None):
        model = bnn_zoo.create_model("birealnet", pretrained=pretrained, **NARROW["birealnet"])  # type: ignore[arg-type]
        assert weight_set_of(model) is None
