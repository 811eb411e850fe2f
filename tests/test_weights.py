"""Weight sets, from a model to a folder and back: identical outputs, 1 bit a weight, and nothing half loaded."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from narrow import DISTINCT, NARROW, noise, randomize

import bnn_zoo
from bnn_zoo import blocks
from bnn_zoo._keras import keras, tf
from bnn_zoo.blocks import Binarization
from bnn_zoo.hub import Metric, WeightFileError, WeightMismatchError, weight_set_of
from bnn_zoo.hub.tensor_file import read_tensor_file
from bnn_zoo.models.build import record_of

#: Quantizers that compute a scale from latent weights sum in an order of their own; the others know the sign only.
SCALED = {"birealnet", "birealnet34", "birealnet50", "reactnet18", "reactnet_a", "xnornet", "dorefanet"} | {
    name for name in NARROW if name.startswith("group_net")
}


@pytest.fixture(autouse=True)
def clear_session() -> Iterator[None]:
    yield
    keras.backend.clear_session()


def narrow(network: str, **arguments: Any) -> keras.Model:
    arguments.setdefault("input_shape", (32, 32, 3))
    if arguments.get("include_top", True):
        arguments.setdefault("num_classes", 10)
    return randomize(bnn_zoo.create_model(network, **{**NARROW[network], **arguments}))


def outputs(model: keras.Model, pictures: np.ndarray | None = None) -> np.ndarray:
    return model(noise() if pictures is None else pictures, training=False).numpy()


def values(model: keras.Model) -> list[np.ndarray]:
    return [weight.numpy() for weight in model.weights]


def assert_unchanged(model: keras.Model, before: list[np.ndarray]) -> None:
    for weight, old in zip(model.weights, before, strict=True):
        assert np.array_equal(weight.numpy(), old), weight.name


@pytest.fixture(scope="module", params=DISTINCT)
def saved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[keras.Model, Path]:
    """A narrow network and the folder that it was saved to."""
    model = narrow(request.param)
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


def test_the_tensor_file_stands_for_its_folder(tmp_path: Path) -> None:
    model = narrow("birealnet")
    folder = bnn_zoo.save_pretrained(model, tmp_path / "set")
    loaded = bnn_zoo.BiRealNet(pretrained=str(folder / "model.safetensors"))
    assert np.array_equal(outputs(loaded), outputs(model))


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
    model = narrow("birealnet")
    small, whole = (bnn_zoo.save_pretrained(model, tmp_path / str(keep), keep_latent=keep) for keep in (False, True))
    loaded = bnn_zoo.load_pretrained(whole)
    assert_unchanged(loaded, values(model))
    assert not all(np.array_equal(a, b) for a, b in zip(values(bnn_zoo.load_pretrained(small)), values(model), strict=True))
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


# Networks that are not of the zoo


def own_network() -> keras.Model:
    images = keras.Input((16, 16, 3), name="pictures")
    x = blocks.residual_stem(images, 8, stem="cifar")
    symmetric = Binarization(padding_alignment="symmetric", kernel_quantizer="xnor_scale", pad_values=1.0)
    x = blocks.conv_with_shortcut(x, 16, binarization=symmetric, name="a")
    x = blocks.improvement_block(blocks.dense_block(x, 8, name="b"), 8, name="c")
    x = blocks.gated_conv(x, name="d")
    x = blocks.blurred_transition(x, 8, name="e")
    x = keras.layers.Reshape((2, 2, -1))(x) if x.shape[1] == 2 else x
    y = blocks.grouped_conv(x, 8, 3, 2, name="f") + x
    return randomize(keras.Model(images, blocks.head(y, 5), name="own"))


def test_own_network(tmp_path: Path) -> None:
    model = own_network()
    folder = bnn_zoo.save_pretrained(model, tmp_path, labels=list("abcde"))
    loaded = bnn_zoo.load_pretrained(folder)
    expected, found = (outputs(m, noise(16, 16)) for m in (model, loaded))
    assert np.abs(found - expected).max() <= 1e-6 * expected.max()
    assert loaded.name == "own"
    assert bnn_zoo.decode_predictions(found, loaded, top=1)[0][0][0] in "abcde"
    with pytest.raises(ValueError, match=r"network that is not of the zoo; use load_pretrained"):
        bnn_zoo.BiRealNet(pretrained=folder)


def test_own_network_takes_no_arguments_of_the_zoo(tmp_path: Path) -> None:
    """They would be passed over in silence."""
    folder = bnn_zoo.save_pretrained(own_network(), tmp_path)
    for arguments in (
        dict(num_classes=3),
        dict(input_shape=(8, 8, 3)),
        dict(include_top=False),
        dict(arguments={"filters": 3}),
        dict(input_tensor=keras.Input((16, 16, 3))),
    ):
        with pytest.raises(ValueError, match="not of the zoo"):
            bnn_zoo.load_pretrained(folder, **arguments)  # type: ignore[arg-type]
    assert bnn_zoo.load_pretrained(folder, name="renamed").name == "renamed"


def test_lambda_layers_are_refused(tmp_path: Path) -> None:
    images = keras.Input((8, 8, 3))
    model = keras.Model(images, keras.layers.Lambda(lambda x: x * 2)(images))
    with pytest.raises(ValueError, match="has a Lambda layer, which holds code"):
        bnn_zoo.save_pretrained(model, tmp_path / "set")
    assert not (tmp_path / "set").exists(), "nothing may be left behind"
    sliced = keras.Model(images, images[:, :4])
    with pytest.raises(ValueError, match="SlicingOpLambda"):
        bnn_zoo.save_pretrained(sliced, tmp_path / "set")


@pytest.mark.parametrize(
    "layer",
    [
        {"class_name": "Lambda", "config": {"name": "l", "function": ["gAAAA", None, None]}},
        {"module": "os", "class_name": "system", "config": {"name": "l"}, "registered_name": "system"},
        {"module": "subprocess", "class_name": "Popen", "config": {"name": "l"}, "registered_name": None},
        {"class_name": "TFOpLambda", "config": {"name": "l", "function": "io.write_file"}},
        {"class_name": "TFOpLambda", "config": ["io.write_file"]},
        {"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "function"},
    ],
)
def test_configurations_that_ask_for_code_are_refused(layer: dict[str, Any], tmp_path: Path) -> None:
    folder = bnn_zoo.save_pretrained(own_network(), tmp_path)
    config = json.loads((folder / "config.json").read_text())
    config["keras_config"]["config"]["layers"].append({"name": "l", "inbound_nodes": [[["pictures", 0, 0, {}]]], **layer})
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(WeightFileError, match="holds code|not registered with Keras|calls the TensorFlow function"):
        bnn_zoo.load_pretrained(folder)


def test_layers_of_ones_own(tmp_path: Path) -> None:
    """A registered class is found; in a process that does not know it the message says what to do."""

    @keras.utils.register_keras_serializable("weights_test")
    class Twice(keras.layers.Layer):
        def call(self, inputs: Any) -> Any:
            return 2 * inputs

    images = keras.Input((8, 8, 3))
    model = randomize(keras.Model(images, Twice()(blocks.real_conv(images, 4, name="a"))))
    folder = bnn_zoo.save_pretrained(model, tmp_path)
    assert np.array_equal(outputs(bnn_zoo.load_pretrained(folder), noise(8, 8)), outputs(model, noise(8, 8)))
    del keras.utils.get_custom_objects()["weights_test>Twice"]
    with pytest.raises(WeightFileError, match=r"the class 'Twice' of the module .*import the module that registers it first"):
        bnn_zoo.load_pretrained(folder)


def test_quantizer_given_as_a_callable(tmp_path: Path) -> None:
    """JSON cannot hold it as an argument: the layers describe themselves."""
    from bnn_zoo.blocks.quantizers import XnorScale

    model = narrow("birealnet", binarization=Binarization(kernel_quantizer=XnorScale()))
    folder = bnn_zoo.save_pretrained(model, tmp_path)
    loaded = bnn_zoo.load_pretrained(folder)
    assert json.loads((folder / "config.json").read_text())["architecture"] is None
    assert np.abs(outputs(loaded) - outputs(model)).max() <= 1e-6


# Clones, names, wrappers


@pytest.mark.parametrize("name", ["birealnet", "meliusnet22", "binarynet"])
def test_clone(name: str, tmp_path: Path) -> None:
    model = narrow(name)
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    clone._name = "something_else"
    loaded = bnn_zoo.load_pretrained(bnn_zoo.save_pretrained(clone, tmp_path))
    assert np.abs(outputs(loaded) - outputs(model)).max() <= (1e-6 if name in SCALED else 0)


def test_renamed_model(tmp_path: Path) -> None:
    model = narrow("quicknet", name="mine")
    folder = bnn_zoo.save_pretrained(model, tmp_path)
    assert np.array_equal(outputs(bnn_zoo.QuickNet(pretrained=folder)), outputs(model))
    assert bnn_zoo.QuickNet(pretrained=folder).name == "quicknet"
    assert bnn_zoo.QuickNet(pretrained=folder, name="yours").name == "yours"


def test_model_inside_another(tmp_path: Path) -> None:
    images = keras.Input((32, 32, 3))
    inner = narrow("quicknet")
    outer = keras.Model(images, keras.layers.Dense(3, name="more")(inner(images)), name="outer")
    randomize(outer)
    for model in (outer, keras.Sequential([narrow("quicknet"), keras.layers.Dense(3, name="more")])):
        randomize(model)
        folder = bnn_zoo.save_pretrained(model, tmp_path / model.name)
        loaded = bnn_zoo.load_pretrained(folder)
        assert np.array_equal(outputs(loaded), outputs(model))
        tensors, _ = read_tensor_file(folder / "model.safetensors")
        assert any(name.endswith(".bits") for name in tensors), "the kernels of the inner model are binary too"


def test_two_copies_of_a_model_inside_another(tmp_path: Path) -> None:
    images = keras.Input((32, 32, 3))
    first, second = narrow("quicknet", name="first"), randomize(narrow("quicknet", name="second"), 5)
    model = keras.Model(images, keras.layers.Concatenate()([first(images), second(images)]))
    loaded = bnn_zoo.load_pretrained(bnn_zoo.save_pretrained(model, tmp_path))
    assert np.array_equal(outputs(loaded), outputs(model))


def test_layer_used_twice(tmp_path: Path) -> None:
    images = keras.Input((8, 8, 3))
    layer = keras.layers.Conv2D(3, 3, padding="same", name="shared")
    model = randomize(keras.Model(images, layer(layer(images))))
    loaded = bnn_zoo.load_pretrained(bnn_zoo.save_pretrained(model, tmp_path))
    assert np.array_equal(outputs(loaded, noise(8, 8)), outputs(model, noise(8, 8)))


# Other arguments than the weight set's


def test_other_number_of_classes(tmp_path: Path) -> None:
    model = narrow("birealnet")
    folder = bnn_zoo.save_pretrained(model, tmp_path, labels="cifar10", preprocessing=bnn_zoo.data.CIFAR10)
    with pytest.warns(UserWarning, match=r"birealnet was trained on 10 classes, not 4: all was loaded but head_dense, which must"):
        loaded = bnn_zoo.BiRealNet(pretrained=folder, num_classes=4)
    assert loaded.output_shape == (None, 4)
    body = keras.Model(model.input, model.get_layer("head_flatten").output)
    found = keras.Model(loaded.input, loaded.get_layer("head_flatten").output)
    assert np.abs(outputs(found) - outputs(body)).max() <= 1e-5
    with pytest.raises(ValueError, match=r"class names of this model are not known.*pass labels="):
        bnn_zoo.decode_predictions(outputs(loaded), loaded)
    assert bnn_zoo.decode_predictions(outputs(loaded), loaded, top=1, labels=list("abcd"))[0][0][0] in "abcd"
    assert bnn_zoo.preprocess(np.zeros((1, 40, 40, 3), "uint8"), loaded).shape == (1, 32, 32, 3)


def test_other_number_of_classes_leaves_out_the_head_only(saved: tuple[keras.Model, Path]) -> None:
    model, folder = saved
    with pytest.warns(UserWarning, match="all was loaded but head_"):
        loaded = bnn_zoo.create_model(model.name, pretrained=folder, num_classes=4)
    weighted = [layer.name for layer in loaded.layers if layer.weights]
    head = [entry for entry in weighted if entry.startswith("head_")]
    assert head and len(head) <= 2 and weighted[-len(head) :] == head


def test_the_same_number_of_classes_warns_of_nothing(tmp_path: Path) -> None:
    folder = bnn_zoo.save_pretrained(narrow("birealnet"), tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        bnn_zoo.BiRealNet(pretrained=folder, num_classes=10)


@pytest.mark.parametrize("name", ["birealnet", "binarynet", "xnornet", "meliusnet22"])
def test_without_top_from_a_whole_set(name: str, tmp_path: Path) -> None:
    model = narrow(name)
    folder = bnn_zoo.save_pretrained(model, tmp_path)
    features = bnn_zoo.create_model(name, pretrained=folder, include_top=False)
    last = features.layers[-1].name
    expected = outputs(keras.Model(model.input, model.get_layer(last).output))
    assert np.abs(outputs(features) - expected).max() <= 1e-4 * np.abs(expected).max()
    anywhere = bnn_zoo.create_model(name, pretrained=folder, include_top=False, input_shape=(None, None, 3))
    assert np.abs(outputs(anywhere) - expected).max() <= 1e-4 * np.abs(expected).max()


def test_whole_network_from_a_set_without_top(tmp_path: Path) -> None:
    folder = bnn_zoo.save_pretrained(narrow("birealnet", include_top=False), tmp_path)
    model = bnn_zoo.BiRealNet(pretrained=folder, include_top=False)
    assert model.output_shape[-1] == 64
    with pytest.warns(UserWarning, match="birealnet comes without top: all was loaded but head_dense, which must be trained"):
        whole = bnn_zoo.BiRealNet(pretrained=folder)
    assert whole.output_shape == (None, 1000)
    body = keras.Model(whole.input, whole.get_layer(model.layers[-1].name).output)
    assert np.abs(outputs(body) - outputs(model)).max() <= 1e-5 * np.abs(outputs(model)).max()


@pytest.mark.parametrize("scaling", ["channel", "outer"])
def test_scaling_is_remembered(scaling: str, tmp_path: Path) -> None:
    model = narrow("binary_resnet_e18", scaling=scaling)
    loaded = bnn_zoo.load_pretrained(bnn_zoo.save_pretrained(model, tmp_path))
    assert dict(record_of(loaded).arguments)["scaling"] == scaling  # type: ignore[union-attr]
    assert np.array_equal(outputs(loaded), outputs(model))


def test_stem_is_remembered(tmp_path: Path) -> None:
    model = narrow("birealnet")
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
    model = narrow("birealnet", binarization=settings)
    folder = bnn_zoo.save_pretrained(model, tmp_path)
    config = json.loads((folder / "config.json").read_text())
    assert config["arguments"]["filters"] == 8
    assert config["arguments"]["section_blocks"] == [1, 2, 1, 1]
    loaded = bnn_zoo.load_pretrained(folder)
    assert dict(record_of(loaded).arguments) == dict(record_of(model).arguments)  # type: ignore[union-attr]
    assert np.abs(outputs(loaded) - outputs(model)).max() <= 1e-6


def test_input_tensor(tmp_path: Path) -> None:
    model = narrow("quicknet")
    folder = bnn_zoo.save_pretrained(model, tmp_path)
    images = keras.Input((32, 32, 3))
    loaded = bnn_zoo.QuickNet(pretrained=folder, input_tensor=images)
    assert loaded.input is images
    assert np.array_equal(outputs(loaded), outputs(model))


# What is written, and what is carried along


def test_description(tmp_path: Path) -> None:
    metric = Metric("top-1", 81.5, "CIFAR-10 test", "this test")
    model = narrow("birealnet")
    folder = bnn_zoo.save_pretrained(
        model,
        tmp_path,
        tag="tiny",
        labels="cifar10",
        preprocessing=bnn_zoo.data.CIFAR10,
        metrics=[metric],
        license="Apache-2.0",
        dataset="CIFAR-10",
        recipe={"epochs": 3},
    )
    loaded = bnn_zoo.load_pretrained(folder)
    weights = weight_set_of(loaded)
    assert weights is not None
    assert (weights.name, weights.metrics, weights.license) == ("birealnet.tiny", (metric,), "Apache-2.0")
    assert weights.bytes == (folder / "model.safetensors").stat().st_size
    card = (folder / "README.md").read_text()
    assert card.startswith("---\n") and "81.50" in card and "this test" in card and "BiRealNet(pretrained=" in card
    second = bnn_zoo.load_pretrained(bnn_zoo.save_pretrained(loaded, tmp_path / "second"))
    kept = weight_set_of(second)
    assert kept is not None and kept.labels == "cifar10" and kept.preprocessing == weights.preprocessing


def test_labels_must_be_as_many_as_outputs(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="labels has 3 names, but birealnet has 10 outputs"):
        bnn_zoo.save_pretrained(narrow("birealnet"), tmp_path / "set", labels=list("abc"))
    with pytest.raises(ValueError, match="imagenet.*1000 names.*10 outputs"):
        bnn_zoo.save_pretrained(narrow("birealnet"), tmp_path / "set", labels="imagenet")
    with pytest.raises(ValueError, match="nonsense"):
        bnn_zoo.save_pretrained(narrow("birealnet"), tmp_path / "set", labels="nonsense")
    assert not (tmp_path / "set").exists()


# Files that do not fit, or are damaged


def test_wrong_shape_names_the_first_tensor_and_changes_nothing(tmp_path: Path) -> None:
    folder = bnn_zoo.save_pretrained(narrow("birealnet"), tmp_path)
    with pytest.raises(
        WeightMismatchError, match=r"'stem_conv/kernel' is \(3, 3, 3, 8\) in the file but \(3, 3, 3, 16\) in birealnet"
    ):
        bnn_zoo.BiRealNet(pretrained=folder, filters=16)
    weights = weight_set_of(bnn_zoo.load_pretrained(folder))
    assert weights is not None
    other = narrow("birealnet", section_blocks=(1, 2, 1, 2))
    before = values(other)
    with pytest.raises(
        WeightMismatchError, match=r"has no tensor 'section_3_block_1_conv/kernel', which birealnet needs \(3, 3, 64, 64\)"
    ):
        bnn_zoo.hub.load_weights(other, weights)
    assert_unchanged(other, before)
    shorter = narrow("birealnet", section_blocks=(1, 1, 1, 1))
    before = values(shorter)
    with pytest.raises(WeightMismatchError, match="section_1_block_1"):
        bnn_zoo.hub.load_weights(shorter, weights)
    assert_unchanged(shorter, before)


def test_weights_of_another_network(tmp_path: Path) -> None:
    folder = bnn_zoo.save_pretrained(narrow("birealnet"), tmp_path)
    with pytest.raises(ValueError, match=r"holds weights of birealnet, not of quicknet; use create_model\('birealnet'"):
        bnn_zoo.QuickNet(pretrained=folder)


@pytest.mark.parametrize("damage", ["truncated", "altered", "empty", "gone", "no config", "config cut", "config altered"])
def test_damaged_sets_are_refused(damage: str, tmp_path: Path) -> None:
    folder = bnn_zoo.save_pretrained(narrow("birealnet"), tmp_path)
    weights = weight_set_of(bnn_zoo.load_pretrained(folder))
    assert weights is not None
    file, config = folder / "model.safetensors", folder / "config.json"
    content = file.read_bytes()
    match damage:
        case "truncated":
            file.write_bytes(content[:-100])
        case "altered":
            file.write_bytes(content[:-100] + bytes([content[-100] ^ 1]) + content[-99:])
        case "empty":
            file.write_bytes(b"")
        case "gone":
            file.unlink()
        case "no config":
            config.unlink()
        case "config cut":
            config.write_text(config.read_text()[:-20])
        case "config altered":
            config.write_text(config.read_text().replace('"section_blocks"', '"section_block"'))
    with pytest.raises(WeightFileError) as caught:
        bnn_zoo.load_pretrained(folder)
    told = "BiRealNet has no argument 'section_block'" if damage == "config altered" else str(folder)
    assert told in str(caught.value)
    if damage in ("truncated", "altered", "empty", "gone"):
        for record in (weights, replace(weights, sha256=None)):
            if record.sha256 is None and damage == "altered":
                continue  # without the hash one flipped bit is another weight
            model = narrow("birealnet")
            before = values(model)
            with pytest.raises(WeightFileError):
                bnn_zoo.hub.load_weights(model, record)
            assert_unchanged(model, before)
            assert weight_set_of(model) is None


def test_keras_weight_file(tmp_path: Path) -> None:
    model = narrow("quicknet")
    model.save_weights(tmp_path / "mine.h5")
    loaded = bnn_zoo.create_model(
        "quicknet", pretrained=tmp_path / "mine.h5", input_shape=(32, 32, 3), num_classes=10, **NARROW["quicknet"]
    )
    assert np.array_equal(outputs(loaded), outputs(model))
    with pytest.raises(WeightMismatchError, match=r"is \(3, 3, 3, 2\) in the file but \(3, 3, 3, 4\) in quicknet \(stem_conv\)"):
        bnn_zoo.QuickNet(
            pretrained=tmp_path / "mine.h5",
            input_shape=(32, 32, 3),
            num_classes=10,
            section_blocks=(1, 2, 1, 1),
            section_filters=(16, 32, 48, 64),
        )
    (tmp_path / "cut.h5").write_bytes((tmp_path / "mine.h5").read_bytes()[:-5000])
    with pytest.raises(WeightFileError, match=r"cut\.h5: not a readable Keras \.h5 weight file"):
        bnn_zoo.create_model(
            "quicknet", pretrained=tmp_path / "cut.h5", input_shape=(32, 32, 3), num_classes=10, **NARROW["quicknet"]
        )


def test_pretrained_false_and_none_load_nothing() -> None:
    for pretrained in (False, None):
        model = bnn_zoo.create_model("birealnet", pretrained=pretrained, **NARROW["birealnet"])  # type: ignore[arg-type]
        assert weight_set_of(model) is None


def test_mixed_precision_model(tmp_path: Path) -> None:
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        model = narrow("birealnet")
    finally:
        keras.mixed_precision.set_global_policy(before)
    loaded = bnn_zoo.load_pretrained(bnn_zoo.save_pretrained(model, tmp_path))
    assert all(weight.dtype == tf.float32 for weight in loaded.weights)
    assert np.abs(outputs(loaded) - outputs(model)).max() < 0.2
