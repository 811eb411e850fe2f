"""Networks saved and loaded again: identical outputs at 1 bit a weight, also of clones and of networks inside others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from narrow import DISTINCT, NARROW, filled, noise, randomize
from small_network import outputs, snapshot

import bnn_zoo
from bnn_zoo import blocks
from bnn_zoo._keras import keras, tf
from bnn_zoo.blocks import Binarization
from bnn_zoo.hub.formats import keras_h5
from bnn_zoo.hub.tensor_file import read_tensor_file

pytestmark = pytest.mark.usefixtures("clear_session")

#: Quantizers that compute a scale from latent weights sum in an order of their own; the others know the sign only.
SCALED = {"birealnet", "birealnet34", "birealnet50", "reactnet18", "reactnet_a", "xnornet", "dorefanet"} | {
    name for name in NARROW if name.startswith("group_net")
}


@pytest.fixture(scope="module", params=DISTINCT)
def saved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[keras.Model, Path]:
    """A narrow network and the folder that it was saved to."""
    model = filled(request.param)
    return model, bnn_zoo.save_pretrained(model, tmp_path_factory.mktemp("saved") / "set")


def test_round_trip(saved: tuple[keras.Model, Path], tmp_path: Path) -> None:
    model, folder = saved
    expected = outputs(model)
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "config.json", "model.safetensors"]
    loaded = bnn_zoo.load_pretrained(folder)
    for copy in (loaded, bnn_zoo.create_model(model.name, pretrained=folder)):
        assert [layer.name for layer in copy.layers[1:]] == [layer.name for layer in model.layers[1:]]
        found = outputs(copy)
        if model.name in SCALED:
            assert np.abs(found - expected).max() <= 1e-6 * np.abs(expected).max()
        else:
            assert np.array_equal(found, expected)
    again = bnn_zoo.save_pretrained(loaded, tmp_path / "again")
    tensors, metadata = read_tensor_file(folder / "model.safetensors")
    second, second_metadata = read_tensor_file(again / "model.safetensors")
    assert metadata == second_metadata and set(tensors) == set(second)
    for key, tensor in tensors.items():
        assert np.array_equal(tensor, second[key]) or (key.endswith(".scale") and np.allclose(tensor, second[key], rtol=1e-6)), key


@pytest.mark.parametrize("name", ["quicknet", "birealnet"])
def test_size_of_the_whole_network(name: str, tmp_path: Path) -> None:
    """1 bit a binary weight, 32 bits any other, and the scales."""
    model = randomize(bnn_zoo.create_model(name))
    folder = bnn_zoo.save_pretrained(model, tmp_path / "set")
    figures = bnn_zoo.model_info(name).figures
    scales = sum(layer.filters for layer in model.layers if getattr(layer, "kernel_quantizer", None) is not None)
    least = figures.parameters_1bit / 8 + 4 * figures.parameters_32bit
    size = (folder / "model.safetensors").stat().st_size
    assert least < size <= 1.05 * (least + 4 * scales)
    pictures = noise(224, 224, batch=1)
    expected, found = outputs(model, pictures), outputs(bnn_zoo.load_pretrained(folder), pictures)
    assert np.abs(found - expected).max() <= (1e-6 if name in SCALED else 0) * expected.max()


def test_keep_latent(tmp_path: Path) -> None:
    model = filled("birealnet")
    small, whole = (bnn_zoo.save_pretrained(model, tmp_path / str(keep), keep_latent=keep) for keep in (False, True))
    loaded = bnn_zoo.load_pretrained(whole)
    assert snapshot(loaded) == snapshot(model)
    assert snapshot(bnn_zoo.load_pretrained(small)) != snapshot(model)
    assert (whole / "model.safetensors").stat().st_size > 2 * (small / "model.safetensors").stat().st_size


def test_real_kernels_and_k_bit_quantizers_are_not_packed(tmp_path: Path) -> None:
    images = keras.Input((8, 8, 3))
    x = blocks.real_conv(images, 4, name="real")
    x = blocks.binary_conv(x, 4, binarization=Binarization(kernel_quantizer="ste_tern"), name="ternary")
    x = blocks.binary_conv(x, 4, name="binary")
    model = randomize(keras.Model(images, x))
    folder = bnn_zoo.save_pretrained(model, tmp_path)
    tensors, _ = read_tensor_file(folder / "model.safetensors")
    assert set(tensors) == {"real/kernel", "ternary/kernel", "binary/kernel.bits", "binary/kernel.scale"}
    assert np.array_equal(outputs(bnn_zoo.load_pretrained(folder), noise(8, 8)), outputs(model, noise(8, 8)))


@pytest.mark.parametrize("name", ["birealnet", "meliusnet22", "binarynet"])
def test_clone(name: str, tmp_path: Path) -> None:
    model = filled(name)
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    clone._name = "something_else"
    loaded = bnn_zoo.load_pretrained(bnn_zoo.save_pretrained(clone, tmp_path))
    assert np.abs(outputs(loaded) - outputs(model)).max() <= (1e-6 if name in SCALED else 0)


def test_renamed_model(tmp_path: Path) -> None:
    model = filled("quicknet", name="mine")
    folder = bnn_zoo.save_pretrained(model, tmp_path)
    assert np.array_equal(outputs(bnn_zoo.QuickNet(pretrained=folder)), outputs(model))
    assert bnn_zoo.QuickNet(pretrained=folder).name == "quicknet"
    assert bnn_zoo.QuickNet(pretrained=folder, name="yours").name == "yours"


def test_model_inside_another(tmp_path: Path) -> None:
    images = keras.Input((32, 32, 3))
    inner = filled("quicknet")
    outer = keras.Model(images, keras.layers.Dense(3, name="more")(inner(images)), name="outer")
    randomize(outer)
    for model in (outer, keras.Sequential([filled("quicknet"), keras.layers.Dense(3, name="more")])):
        randomize(model)
        folder = bnn_zoo.save_pretrained(model, tmp_path / model.name)
        loaded = bnn_zoo.load_pretrained(folder)
        assert np.array_equal(outputs(loaded), outputs(model))
        tensors, _ = read_tensor_file(folder / "model.safetensors")
        assert any(name.endswith(".bits") for name in tensors), "the kernels of the inner model are binary too"


def test_two_copies_of_a_model_inside_another(tmp_path: Path) -> None:
    images = keras.Input((32, 32, 3))
    first, second = filled("quicknet", name="first"), randomize(filled("quicknet", name="second"), 5)
    model = keras.Model(images, keras.layers.Concatenate()([first(images), second(images)]))
    loaded = bnn_zoo.load_pretrained(bnn_zoo.save_pretrained(model, tmp_path))
    assert np.array_equal(outputs(loaded), outputs(model))


def test_layer_used_twice(tmp_path: Path) -> None:
    images = keras.Input((8, 8, 3))
    layer = keras.layers.Conv2D(3, 3, padding="same", name="shared")
    model = randomize(keras.Model(images, layer(layer(images))))
    loaded = bnn_zoo.load_pretrained(bnn_zoo.save_pretrained(model, tmp_path))
    assert np.array_equal(outputs(loaded, noise(8, 8)), outputs(model, noise(8, 8)))


def adapted(seed: int) -> keras.Model:
    """A network with statistics of pictures that the seed draws, inside a wrapper too."""
    pictures = noise(8, 8, seed=seed) * (seed + 2)
    layers = [keras.layers.Normalization(), keras.layers.TimeDistributed(keras.layers.Normalization(), name="wrapped")]
    layers[0].adapt(pictures)
    layers[1].layer.adapt(pictures[0])
    return keras.Sequential([keras.Input((8, 8, 3)), *layers])


def test_statistics_that_a_layer_was_adapted_to(tmp_path: Path) -> None:
    model, other = adapted(0), adapted(1)
    expected = outputs(model, noise(8, 8))
    assert np.array_equal(outputs(bnn_zoo.load_pretrained(bnn_zoo.save_pretrained(model, tmp_path / "set")), noise(8, 8)), expected)
    model.save_weights(tmp_path / "network.h5")
    keras_h5.load(other, tmp_path / "network.h5", ())
    assert np.array_equal(outputs(other, noise(8, 8)), expected)


def test_mixed_precision_model(tmp_path: Path) -> None:
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        model = filled("birealnet")
    finally:
        keras.mixed_precision.set_global_policy(before)
    loaded = bnn_zoo.load_pretrained(bnn_zoo.save_pretrained(model, tmp_path))
    assert all(weight.dtype == tf.float32 for weight in loaded.weights)
    assert np.abs(outputs(loaded) - outputs(model)).max() < 0.2
