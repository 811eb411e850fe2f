"""The authors' checkpoints into networks: all is filled or named, nothing is half loaded, and what is converted loads again."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hub_server import HubServer
from small_network import outputs, small_network, snapshot
from torch_files import state_of, write_legacy, write_zip

import bnn_zoo
from bnn_zoo._keras import keras
from bnn_zoo.data.labels import class_labels
from bnn_zoo.data.preprocessing_settings import IMAGENET
from bnn_zoo.hub import (
    WeightFileError,
    WeightMismatchError,
    WeightSet,
    convert_checkpoint,
    load_pretrained,
    load_weights,
    weight_set_of,
)
from bnn_zoo.hub.formats import pytorch
from bnn_zoo.hub.formats.pytorch_names import _NAMES, modules_by_layer
from bnn_zoo.hub.variables import named_variables
from bnn_zoo.inference import labels_of, preprocessing_of
from bnn_zoo.models.build import record_of

SMALL: dict[str, Any] = {"filters": 8, "section_blocks": (1, 2)}
AUTHORS = list(_NAMES)


def network(name: str, seed: int = 0, **changes: Any) -> keras.Model:
    return small_network(seed, name, **{**SMALL, **_NAMES[name].arguments, **changes})


def state_for(name: str, *, flat: bool = False, **changes: Any) -> dict[str, np.ndarray]:
    """A state dict of the authors' layout that fits the small network."""
    model = network(name, **changes)
    record = record_of(model)
    assert record is not None
    modules = modules_by_layer(name, dict(record.arguments))
    rng = np.random.default_rng(3)
    state = {}
    for path, variable in named_variables(model).items():
        layer, _, leaf = path.rpartition("/")
        shape = tuple(variable.shape)
        value = rng.uniform(0.2, 1, shape)
        if leaf == "kernel":
            value = np.transpose(rng.normal(size=shape), (len(shape) - 1, len(shape) - 2, *range(len(shape) - 2)))
            if flat and getattr(model.get_layer(layer), "kernel_quantizer", None) is not None:
                value = value.reshape(-1, 1)
        elif leaf == "gain":
            value = value.reshape(-1, 1, 1, 1)
        elif leaf == "bias" and layer != "head_dense":
            value = value.reshape(1, -1, 1, 1)
        elif leaf == "alpha":
            value = value.reshape(-1)
        # Group-Net's scales and gates are tensors without a module of their own.
        theirs = "" if leaf == "gate" or ".scales." in modules[layer] else f".{pytorch._LEAVES[leaf][0]}"
        state[modules[layer] + theirs] = value.astype(np.float32)
    return state


@pytest.mark.parametrize("name", AUTHORS)
def test_every_variable_is_filled_and_every_tensor_used(name: str) -> None:
    model, state = network(name), state_for(name)
    before = snapshot(model)
    assert pytorch.fill(model, state, "here") == ()
    assert all(old != new for old, new in zip(before, snapshot(model), strict=True))
    assert len(state) == len(model.weights)


def test_group_nets_plain_form_takes_the_mean_of_its_bases() -> None:
    whole = state_for("group_net18")
    plain = {name: value for name, value in whole.items() if ".scales." not in name and name != "conv1.bias"}
    equal = {name: np.full_like(value, 1 / 5) if ".scales." in name else value for name, value in whole.items()}
    equal["conv1.bias"] = np.zeros_like(equal["conv1.bias"])
    one, other = network("group_net18", 1, first_base_sums=True), network("group_net18", 2)
    assert pytorch.fill(one, plain, "here") == () == pytorch.fill(other, equal, "here")
    assert snapshot(one) == snapshot(other)
    forms = ((plain, other, "no scales, .* first_base_sums=True"), (whole, one, "scales, .* first_base_sums=False"))
    for state, model, advice in forms:
        before = snapshot(model)
        with pytest.raises(WeightMismatchError, match=advice):
            pytorch.fill(model, state, "here")
        assert snapshot(model) == before
    del whole["layer1.0.scales.2"]
    with pytest.raises(WeightMismatchError, match=r"has no layer1\.0\.scales\.2"):
        pytorch.fill(one, whole, "here")


def test_a_checkpoint_that_may_be_of_small_pictures_needs_their_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = {"fc.bias": np.zeros(10, np.float32), "feature.0.conv1.weight": np.zeros((8, 3, 3, 3), np.float32)}
    checkpoint = write_zip(tmp_path / "model.pth", state_of(state))
    with monkeypatch.context() as patch:
        patch.setattr("bnn_zoo.hub.convert.build_model", lambda *_, **__: pytest.fail("the network was built"))
        with pytest.raises(ValueError, match=r"tells 10 classes apart, .* give input_size \(--input-size\), 32 for CIFAR's"):
            convert_checkpoint(checkpoint, "reactnet_a", tmp_path / "out")
    with pytest.raises(WeightMismatchError, match="has no"):
        convert_checkpoint(checkpoint, "reactnet_a", tmp_path / "out", input_size=32)


def test_flat_kernels_are_the_same_kernels() -> None:
    model, flat = network("reactnet_a"), network("reactnet_a", seed=1)
    pytorch.fill(model, state_for("reactnet_a"), "here")
    pytorch.fill(flat, state_for("reactnet_a", flat=True), "here")
    assert snapshot(model) == snapshot(flat)


def test_what_is_missing_and_what_is_left_over_is_named() -> None:
    model, state = network("reactnet18"), state_for("reactnet18")
    before = snapshot(model)
    del state["layer2.0.move1.bias"], state["fc.weight"]
    with pytest.raises(WeightMismatchError, match=r"has no layer2\.0\.move1\.bias, fc\.weight, which reactnet18 needs"):
        pytorch.fill(model, state, "here")
    assert snapshot(model) == before
    state = {**state_for("reactnet18"), "bn1.num_batches_tracked": np.array(5), "extra.weight": np.ones(3)}
    assert pytorch.fill(model, state, "here") == ("bn1.num_batches_tracked", "extra.weight")


@pytest.mark.parametrize(
    ("tensor", "shape"),
    [
        ("conv1.weight", (8, 3, 7, 7)),
        ("layer1.0.binary_conv.weight", (576, 2)),
        ("layer1.0.binary_conv.weight", (3, 3, 8, 8)),
        ("fc.bias", (11,)),
        ("layer1.0.move0.bias", (2, 4)),
    ],
)
def test_another_shape(tensor: str, shape: tuple[int, ...]) -> None:
    model, state = network("reactnet18"), state_for("reactnet18")
    before = snapshot(model)
    tensor = tensor if tensor in state else tensor + "s"
    with pytest.raises(WeightMismatchError, match=rf"the tensor '{re.escape(tensor)}' is {re.escape(str(shape))}, but .* needs"):
        pytorch.fill(model, {**state, tensor: np.ones(shape, np.float32)}, "here")
    assert snapshot(model) == before


def test_the_layers_left_out_keep_what_they_have() -> None:
    model = network("birealnet")
    before = snapshot(model)
    assert pytorch.fill(model, state_for("birealnet"), "here", {"head_dense"}) == ("fc.weight", "fc.bias")
    assert snapshot(model)[-2:] == before[-2:] and snapshot(model)[:-2] != before[:-2]


def test_other_networks() -> None:
    with pytest.raises(WeightFileError, match="PyTorch checkpoints of quicknet are not known; known are those of birealnet,"):
        pytorch.fill(small_network(name="quicknet"), {}, "here")
    with pytest.raises(WeightFileError, match="load into networks of the zoo"):
        pytorch.fill(keras.Sequential([keras.layers.Dense(3, input_shape=(2,))]), {}, "here")


def test_gains_hold_the_magnitudes_that_the_authors_compute() -> None:
    """The kernel in use, times its gain, is what the authors' formula gives."""
    model, state = network("ab_reactnet18"), state_for("ab_reactnet18")
    pytorch.fill(model, state, "here")
    kernel = state["layer2.0.conv1.weight"].astype(np.float64).reshape(16, -1)
    standardized = (kernel - kernel.mean(1, keepdims=True)) / (kernel.std(1, keepdims=True) + 1e-5) * kernel.shape[1] ** -0.5
    theirs = state["layer2.0.conv1.gain"].reshape(-1, 1) * np.abs(standardized).mean(1, keepdims=True) * np.sign(standardized)
    layer = model.get_layer("section_1_block_0_conv")
    used = layer.kernel_quantizer(layer.kernel).numpy() * model.get_layer("section_1_block_0_gain").gain.numpy()
    np.testing.assert_allclose(used.transpose(3, 2, 0, 1).reshape(16, -1), theirs, rtol=1e-5)


@pytest.mark.parametrize("flat", [False, True])
def test_gains_take_kernels_that_are_called_weights_or_are_a_column(flat: bool) -> None:
    """What `fill` takes elsewhere."""
    model, other, state = network("ab_reactnet18"), network("ab_reactnet18", 1), state_for("ab_reactnet18")
    kernel = "layer2.0.conv1.weight"
    theirs = {**state, kernel: state[kernel].reshape(-1, 1)} if flat else {**state, f"{kernel}s": state[kernel]}
    if not flat:
        del theirs[kernel]
    pytorch.fill(model, state, "here")
    pytorch.fill(other, theirs, "here")
    assert snapshot(model) == snapshot(other)


# Files


@pytest.fixture
def small_factories(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read from a bare file has the network's usual arguments: here small ones."""
    for name in ("reactnet18", "birealnet"):
        small = dataclasses.replace(_NAMES[name], arguments={**_NAMES[name].arguments, **SMALL})
        monkeypatch.setitem(_NAMES, name, small)


@pytest.mark.usefixtures("small_factories")
@pytest.mark.parametrize("write", [write_zip, write_legacy])
@pytest.mark.parametrize("ending", ["pth", "pth.tar", "h5"])
@pytest.mark.parametrize("name", ["reactnet18", "birealnet"])
def test_pretrained_takes_a_file(tmp_path: Path, write: Any, ending: str, name: str) -> None:
    state = state_for(name)
    path = write(tmp_path / f"a.{ending}", {"state_dict": state_of(state, "module.")})
    expected = network(name)
    pytorch.fill(expected, state, "here")
    model = bnn_zoo.create_model(name, pretrained=path, input_shape=(32, 32, 3), num_classes=10)
    np.testing.assert_array_equal(outputs(model), outputs(expected))


@pytest.mark.usefixtures("small_factories")
@pytest.mark.parametrize("path", ["models/a.h5", "models/a.pth"])
def test_a_file_of_a_repository_is_told_by_what_is_in_it(hub: HubServer, tmp_path: Path, path: str) -> None:
    """The authors of A&B BNN name PyTorch's files .h5."""
    state = state_for("birealnet")
    content = write_zip(tmp_path / "a.pth", state_of(state)).read_bytes()
    hub.commit("me/theirs", {path: content})
    expected = network("birealnet")
    pytorch.fill(expected, state, "here")
    options = dict(architecture="birealnet", input_shape=(32, 32, 3), num_classes=10)
    model = load_pretrained(f"hf://me/theirs/{path}", **options)  # type: ignore[arg-type]
    np.testing.assert_array_equal(outputs(model), outputs(expected))
    found = weight_set_of(model)
    assert found is not None and found.format == "pytorch" and found.arguments["section_blocks"] == list(SMALL["section_blocks"])
    again = network("birealnet")
    load_weights(again, WeightSet("birealnet", format="keras-h5", num_classes=10, sources=(f"hf://me/theirs/{path}",)))
    np.testing.assert_array_equal(outputs(again), outputs(expected))


@pytest.mark.usefixtures("small_factories")
def test_strange_tensors_are_warned_of_and_counters_are_not(tmp_path: Path) -> None:
    state = {**state_for("reactnet18"), "bn1.num_batches_tracked": np.array(5), "teacher.weight": np.ones(3, np.float32)}
    path = write_zip(tmp_path / "a.pth", state_of(state))
    with pytest.warns(UserWarning, match=r"reactnet18 has no place for teacher\.weight; they were left out"):
        load_pretrained(path, architecture="reactnet18", input_shape=(32, 32, 3), num_classes=10)


@pytest.mark.usefixtures("small_factories")
def test_conversion(tmp_path: Path) -> None:
    state = {**state_for("reactnet18"), "bn1.num_batches_tracked": np.array(5)}
    checkpoint = write_legacy(tmp_path / "model_best.pth.tar", {"epoch": 1, "state_dict": state_of(state, "module.")})
    done = convert_checkpoint(checkpoint, "ReActNet18", tmp_path / "out", input_size=32, tag="cifar10", labels="cifar10")
    assert done.folder == tmp_path / "out"
    assert (done.used, done.unused) == (len(state) - 1, ("bn1.num_batches_tracked",))
    assert {path.name for path in done.folder.iterdir()} == {"config.json", "model.safetensors", "README.md"}
    expected = network("reactnet18")
    pytorch.fill(expected, state, "here")
    model = bnn_zoo.create_model("reactnet18", pretrained=done.folder)
    assert model.input_shape == (None, 32, 32, 3)
    np.testing.assert_array_equal(outputs(model), outputs(expected))
    assert bnn_zoo.preprocess([np.zeros((40, 50, 3), np.uint8)], model).shape == (1, 32, 32, 3)
    binary = sum(layer.kernel.shape.num_elements() for layer in model.layers if getattr(layer, "kernel_quantizer", None))
    size = (done.folder / "model.safetensors").stat().st_size
    assert size < 4 * (model.count_params() - binary) + binary / 8 + 20_000


@pytest.mark.parametrize("size", [224, 32])
@pytest.mark.parametrize("name", ["bnext_tiny", "reactnet18"])
def test_a_checkpoint_and_what_is_converted_of_it_are_prepared_for_and_named_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, size: int
) -> None:
    small = dataclasses.replace(_NAMES[name], arguments={**_NAMES[name].arguments, **SMALL})
    monkeypatch.setitem(_NAMES, name, small)
    stem = "imagenet" if size == 224 else "cifar"
    checkpoint = write_zip(tmp_path / "a.pth", state_of(state_for(name, num_classes=1000, stem=stem)))
    given = bnn_zoo.create_model(name, pretrained=checkpoint, input_shape=(size, size, 3))
    done = convert_checkpoint(checkpoint, name, tmp_path / "out", input_size=size)
    converted = bnn_zoo.create_model(name, pretrained=done.folder)
    settings = preprocessing_of(given)
    assert settings == preprocessing_of(converted)
    assert settings.crop == (1.0 if size == 32 else 0.95 if name == "bnext_tiny" else 0.875)
    assert settings.interpolation == small.interpolation != IMAGENET.interpolation
    theirs = _NAMES[name].small_colours if size == 32 else None
    assert (settings.mean, settings.std) == (theirs or (IMAGENET.mean, IMAGENET.std))
    assert labels_of(given) == labels_of(converted) == class_labels("imagenet")


@pytest.mark.usefixtures("small_factories")
def test_a_checkpoint_of_other_classes_has_no_class_names(tmp_path: Path) -> None:
    checkpoint = write_zip(tmp_path / "a.pth", state_of(state_for("birealnet")))
    found = weight_set_of(bnn_zoo.create_model("birealnet", pretrained=checkpoint, input_shape=(32, 32, 3), num_classes=10))
    assert found is not None and found.labels is None


def test_conversion_of_what_cannot_be(tmp_path: Path) -> None:
    checkpoint = write_zip(tmp_path / "a.pth", state_of({"conv.weight": np.ones((3, 3), np.float32)}))
    with pytest.raises(WeightFileError, match=r"has no tensor 'fc\.bias' .*: it holds conv\.weight\. Is it of reactnet18\?"):
        convert_checkpoint(checkpoint, "reactnet18", tmp_path / "out")
    with pytest.raises(WeightFileError, match="PyTorch checkpoints of quicknet are not known"):
        convert_checkpoint(checkpoint, "quicknet", tmp_path / "out")
    with pytest.raises(ValueError, match="there is no network named 'reactnet19'. Did you mean reactnet18"):
        convert_checkpoint(checkpoint, "reactnet19", tmp_path / "out")
    for size in (0, True, 32.0):
        with pytest.raises(ValueError, match=f"input_size is {size}"):
            convert_checkpoint(checkpoint, "reactnet18", tmp_path / "out", input_size=size)  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()
