"""What every network must do besides giving the right numbers: train, be copied and exported, take pictures of many sizes."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fresh_process import printed_by
from narrow import DISTINCT, NARROW, SAME_WHEN_NARROW, classes_for, narrow, noise, probabilities_shape, randomize

import bnn_zoo
from bnn_zoo._keras import keras, tf
from bnn_zoo.models import architectures

RESIDUAL = ["birealnet", "binary_resnet_e18", "real_to_binary_net", "quicknet", "meliusnet22", "binary_densenet28"]


pytestmark = pytest.mark.usefixtures("clear_session")


@pytest.fixture(scope="module", params=DISTINCT)
def filled(request: pytest.FixtureRequest) -> keras.Model:
    """A network for pictures of 32x32 with random weights. The checks that leave it as it is share it."""
    model = randomize(narrow(request.param))
    if architectures()[request.param].per_pixel:
        # Random weights give logits of hundreds, known to some 1e-5 only, and of thousands of pixels some are undecided.
        head = model.get_layer("head_conv")
        head.set_weights([weight / 10 for weight in head.get_weights()])
    return model


@pytest.mark.parametrize("size", [32, 224])
@pytest.mark.parametrize("name", SAME_WHEN_NARROW)
def test_narrow_networks_of_a_family_are_the_same(name: str, size: int) -> None:
    """So that what is tested of one of them holds for the others."""
    configs = []
    for network in (name, SAME_WHEN_NARROW[name]):
        keras.backend.clear_session()  # inputs are counted
        config = json.loads(narrow(network, input_shape=(size, size, 3)).to_json())["config"]
        assert config.pop("name") == network
        configs.append(config)
    assert configs[0] == configs[1]


# Training


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("name", DISTINCT)
def test_one_step_changes_every_trainable_weight(name: str, policy: str) -> None:
    """No variable of any network may have a gradient of zero in all its entries."""
    keras.utils.set_random_seed(3)
    before_policy = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(policy)
    try:
        model = narrow(name)
        labels = keras.utils.to_categorical(classes_for(model, 16), 10)
        before = [weight.numpy() for weight in model.trainable_weights]
        model.compile(keras.optimizers.SGD(0.1), "categorical_crossentropy", run_eagerly=True)
        loss = model.train_on_batch(noise(batch=16), labels)
    finally:
        keras.mixed_precision.set_global_policy(before_policy)
    assert np.isfinite(loss)
    assert model.output.dtype == "float32", "probabilities must not be rounded to bfloat16"
    still = [w.name for w, old in zip(model.trainable_weights, before, strict=True) if np.array_equal(w.numpy(), old)]
    assert not still
    assert all(np.isfinite(weight.numpy()).all() for weight in model.weights)
    binary = {layer.kernel.name for layer in model.layers if getattr(layer, "kernel_quantizer", None) is not None}
    trained = {weight.name for weight in model.trainable_weights}
    assert binary and binary < trained


@pytest.mark.parametrize("name", ["binary_resnet_e18", "meliusnet22", "xnornet"])
def test_one_step_at_the_usual_size(name: str) -> None:
    """The stem for large pictures trains as well."""
    model = narrow(name, input_shape=(224, 224, 3))
    before = [weight.numpy() for weight in model.trainable_weights]
    model.compile(keras.optimizers.SGD(0.1), "categorical_crossentropy", run_eagerly=True)
    loss = model.train_on_batch(noise(224, 224), keras.utils.to_categorical(range(4), 10))
    assert np.isfinite(loss)
    assert not [w.name for w, old in zip(model.trainable_weights, before, strict=True) if np.array_equal(w.numpy(), old)]


# Copies


def test_clone_and_json(filled: keras.Model) -> None:
    expected = filled(noise(), training=False).numpy()
    assert np.isfinite(expected).all() and expected.std() > 0
    for copy in (keras.models.clone_model(filled), keras.models.model_from_json(filled.to_json())):
        assert [weight.shape for weight in copy.weights] == [weight.shape for weight in filled.weights]
        assert [layer.name for layer in copy.layers] == [layer.name for layer in filled.layers]
        copy.set_weights(filled.get_weights())
        assert np.array_equal(copy(noise(), training=False).numpy(), expected)


def test_saved_model(filled: keras.Model, tmp_path: Path) -> None:
    filled.export(str(tmp_path / "exported"))
    loaded = tf.saved_model.load(str(tmp_path / "exported"))
    served = loaded.serve(tf.constant(noise()))
    expected = filled(noise(), training=False).numpy()
    assert np.abs(served.numpy() - expected).max() < 1e-5


def test_json_in_a_fresh_process(tmp_path: Path) -> None:
    """One import makes Keras know the classes of this package and of larq."""
    names = ["xnornet", "dorefanet", "meliusnet22", "quicknet", "birealnet"]
    for name in names:
        (tmp_path / f"{name}.json").write_text(narrow(name).to_json())
    symmetric = bnn_zoo.blocks.Binarization(padding_alignment="symmetric")
    (tmp_path / "symmetric.json").write_text(narrow("birealnet", stem="imagenet", binarization=symmetric).to_json())
    randomize(narrow("quicknet")).save(tmp_path / "whole.h5")
    code = """
import pathlib, sys
import bnn_zoo.blocks.layers
import tensorflow as tf
folder = pathlib.Path(sys.argv[1])
for path in sorted(folder.glob("*.json")):
    print(path.stem, len(tf.keras.models.model_from_json(path.read_text()).weights))
print("whole", len(tf.keras.models.load_model(folder / "whole.h5", compile=False).weights))
"""
    told = printed_by(code, str(tmp_path), TF_USE_LEGACY_KERAS=None)
    assert [line.split()[0] for line in told.split("\n")] == [*sorted([*names, "symmetric"]), "whole"]


# Sizes


def test_the_size_of_small_pictures(filled: keras.Model) -> None:
    assert filled.input_shape == (None, 32, 32, 3)
    assert filled.output_shape == (None, *probabilities_shape(filled.name, 10))
    assert_probabilities(filled(noise(), training=False).numpy())


@pytest.mark.parametrize("name", DISTINCT)
@pytest.mark.parametrize("size", [(33, 33), (96, 96), (75, 61), (224, 224)])
def test_sizes(name: str, size: tuple[int, int]) -> None:
    if name == "xnornet" and min(size) in (61, 96):
        with pytest.raises(ValueError, match=r"XNORNet cannot take pictures of .*Take larger ones.*stem=\"cifar\""):
            narrow(name, input_shape=(*size, 3))
        return
    model = narrow(name, input_shape=(*size, 3))
    assert model.input_shape == (None, *size, 3)
    assert model.output_shape == (None, *probabilities_shape(name, 10, size))
    assert_probabilities(model(noise(*size, batch=1), training=False).numpy())


def assert_probabilities(probabilities: np.ndarray) -> None:
    assert np.isfinite(probabilities).all()
    assert probabilities.sum(axis=-1) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", [name for name in DISTINCT if name != "strong_baseline_net"])
def test_free_size_without_top(name: str) -> None:
    if name == "bnext_tiny":
        # Means over free and fixed sizes round differently, a gate hands that on to all pixels, and a sign may come out otherwise.
        keras.mixed_precision.set_global_policy("float64")
    model = randomize(narrow(name, input_shape=(None, None, 3), include_top=False))
    assert len(model.output_shape) == 4
    stem = {} if name == "binarynet" else {"stem": "imagenet"}
    for size in ((224, 224), (225, 259)):
        fixed = narrow(name, input_shape=(*size, 3), include_top=False, **stem)
        fixed.set_weights(model.get_weights())
        pictures = noise(*size, batch=1)
        found, expected = (m(pictures, training=False).numpy() for m in (model, fixed))
        assert found.shape == expected.shape == (1, *fixed.output_shape[1:])
        assert np.abs(found - expected).max() <= 1e-4 * max(expected.std(), 1e-6)


@pytest.mark.parametrize("name", RESIDUAL)
def test_free_size_with_top(name: str) -> None:
    """Networks that end in a global pool need no fixed size."""
    model = narrow(name, input_shape=(None, None, 3))
    assert model(noise(64, 80, batch=2), training=False).shape == (2, 10)


def test_free_size_with_factors_of_rows_and_columns_is_refused() -> None:
    with pytest.raises(ValueError, match=r'scaling="outer" learns a factor for each row and column.*or scaling="channel"'):
        narrow("strong_baseline_net", input_shape=(None, None, 3), include_top=False)
    free = narrow("strong_baseline_net", input_shape=(None, None, 3), scaling="channel")
    assert free(noise(64, 80, batch=2), training=False).shape == (2, 10)


@pytest.mark.parametrize("name", ["binarynet", "dorefanet", "xnornet"])
def test_free_size_with_dense_layers_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"cannot take pictures of \(None, None, 3\).*fixed size"):
        narrow(name, input_shape=(None, None, 3))


@pytest.mark.parametrize("name", DISTINCT)
@pytest.mark.parametrize("channels", [1, 4])
def test_channels(name: str, channels: int) -> None:
    model = narrow(name, input_shape=(32, 32, channels))
    assert model(noise(channels=channels), training=False).shape == (4, *probabilities_shape(name, 10))


@pytest.mark.parametrize(
    ("name", "side"), [("binarynet", 4), ("binary_alexnet", 4), ("dorefanet", 5), ("xnornet", 20), ("binary_densenet28", 4)]
)
def test_pictures_too_small(name: str, side: int) -> None:
    with pytest.raises(ValueError, match=rf"cannot take pictures of \({side}, {side}, 3\)") as caught:
        narrow(name, input_shape=(side, side, 3))
    assert "Take larger ones" in str(caught.value)


@pytest.mark.parametrize("name", ["birealnet", "binary_resnet_e18", "real_to_binary_net", "quicknet", "meliusnet22"])
def test_padded_networks_take_the_smallest_pictures(name: str) -> None:
    model = narrow(name, input_shape=(8, 9, 3))
    assert model(noise(8, 9), training=False).shape == (4, 10)


@pytest.mark.parametrize("name", DISTINCT)
def test_shared_arguments(name: str) -> None:
    images = keras.Input((40, 36, 3), name="pictures")
    model = narrow(name, input_tensor=images, num_classes=7, name="mine")
    assert model.name == "mine"
    assert model.output_shape == (None, *probabilities_shape(name, 7, (40, 36)))
    assert model.input is images
    features = narrow(name, input_shape=(40, 36, 3), include_top=False)
    assert len(features.output_shape) == 4
    assert features.name == name
    assert not any(layer.name.startswith("head") for layer in features.layers)


def test_input_tensor_of_another_network() -> None:
    images = keras.Input((32, 32, 3))
    model = narrow("birealnet", input_tensor=images)
    whole = keras.Model(images, keras.layers.Concatenate()([model.output, model.output]))
    assert whole(noise(), training=False).shape == (4, 20)


# Stems

_STEMS_WITHOUT_POOL = {"reactnet_a", "ab_reactnet_a", "bnext_tiny"}
_HAS_STEM = [name for name in DISTINCT if "stem" in architectures()[name].defaults]


@pytest.mark.parametrize("name", _HAS_STEM)
def test_stem_is_chosen_by_the_size(name: str) -> None:
    """49 rows get the stem that reduces nothing, 50 the other; both can be asked for at any size."""

    def first_shape(**arguments: Any) -> tuple[int, ...]:
        model = narrow(name, include_top=False, **arguments)
        return next(layer for layer in model.layers if not layer.name.startswith("stem") and layer.weights).input_shape[1:3]

    assert first_shape(input_shape=(49, 60, 3)) == (49, 60)
    assert first_shape(input_shape=(224, 40, 3), stem="cifar") == (224, 40)
    large, asked = first_shape(input_shape=(224, 224, 3)), first_shape(input_shape=(224, 224, 3), stem="imagenet")
    assert large == asked
    assert max(large) <= (112 if name in _STEMS_WITHOUT_POOL else 56)
    assert set(_HAS_STEM) == set(DISTINCT) - {"binarynet"}


def test_height_50_is_large() -> None:
    assert narrow("birealnet", input_shape=(50, 50, 3), include_top=False).get_layer("stem_conv").strides == (2, 2)
    assert narrow("birealnet", input_shape=(49, 50, 3), include_top=False).get_layer("stem_conv").strides == (1, 1)


@pytest.mark.parametrize("name", [n for n in NARROW if n == "binary_resnet_e18" or "densenet" in n])
def test_small_pictures_get_larq_zoos_own_stem(name: str) -> None:
    """One 3x3 convolution with stride 1, and nothing between it and the first section."""
    layers = bnn_zoo.create_model(name, input_shape=(32, 32, 3), num_classes=10).layers
    assert isinstance(layers[0], keras.layers.InputLayer)
    stem = layers[1]
    assert type(stem) is keras.layers.Conv2D
    config = stem.get_config()
    assert (config["filters"], config["kernel_size"], config["strides"], config["padding"]) == (64, (3, 3), (1, 1), "same")
    assert not config["use_bias"] and config["activation"] == "linear"
    assert config["kernel_initializer"]["class_name"] == "HeNormal"
    assert layers[2].name.startswith("section_0_block_0")
    assert not [layer.name for layer in layers[2:] if layer.name.startswith("stem")]


# What a user sets of the record

_STRIDED = [name for name in DISTINCT if "binarization" in architectures()[name].defaults]


@pytest.mark.parametrize("name", _STRIDED)
def test_symmetric_padding_reaches_every_layer_with_strides(name: str) -> None:
    symmetric = replace(architectures()[name].defaults["binarization"], padding_alignment="symmetric")
    model = narrow(name, input_shape=(224, 224, 3), binarization=symmetric)
    at_the_end = [
        layer.name
        for layer in model.layers
        if getattr(layer, "padding", None) == "same"
        and tuple(layer.strides) != (1, 1)
        and not type(layer).__name__.startswith("Symmetric")
        and getattr(layer, "pool_size", None) != (2, 2)  # which has no middle
    ]
    assert not at_the_end


@pytest.mark.parametrize("name", _STRIDED)
def test_momentum_and_epsilon_reach_every_batch_norm(name: str) -> None:
    set_by_user = replace(architectures()[name].defaults["binarization"], momentum=0.5, epsilon=0.1)
    norms = [layer for layer in narrow(name, binarization=set_by_user).layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert {(norm.momentum, norm.epsilon) for norm in norms} <= {(0.5, 0.1)}


# Sections


@pytest.mark.parametrize("section_blocks", [(1, 0, 2), (0, 1, 2), (1, 2, 0), (0, 0, 1)])
def test_an_empty_section_of_quicknet_is_left_out(section_blocks: tuple[int, ...]) -> None:
    """Its transition too, as in larq-zoo, where a section's first convolution brings the transition along; the stem stays."""
    filters = (8, 16, 24)
    kept = [section for section, blocks in enumerate(section_blocks) if blocks or not section]
    model = randomize(narrow("quicknet", section_blocks=section_blocks, section_filters=filters))
    without = narrow(
        "quicknet",
        section_blocks=tuple(section_blocks[section] for section in kept),
        section_filters=tuple(filters[section] for section in kept),
    )
    transitions = {layer.name.partition("_transition")[0] for layer in model.layers if "_transition" in layer.name}
    assert transitions == {f"section_{section}" for section in kept[1:]}
    without.set_weights(model.get_weights())
    assert np.array_equal(without(noise(), training=False), model(noise(), training=False))


# Names

_COUNTED = re.compile(
    r"^(input|activation|add|average_pooling2d|batch_normalization|concatenate|conv2d|dense|depthwise_conv2d|flatten|"
    r"global_average_pooling2d|max_pooling2d|multiply|p_re_lu|quant_conv2d|quant_dense|re_lu|reshape|tf|channel_group|"
    r"add_to_last_channels|resize_like|soft_gate|symmetric_\w+)(_\d+)?$"
)


@pytest.mark.parametrize("stem", ["imagenet", "cifar"])
@pytest.mark.parametrize("name", DISTINCT)
def test_layer_names_are_stable_and_speak(name: str, stem: str) -> None:
    arguments: dict[str, Any] = {"input_shape": (224, 224, 3)}
    if name != "binarynet":
        arguments["stem"] = stem
    if name == "xnornet" and stem == "cifar":
        arguments["input_shape"] = (64, 64, 3)
    first, second = (narrow(name, **arguments) for _ in range(2))
    names = [layer.name for layer in first.layers[1:]]
    assert names == [layer.name for layer in second.layers[1:]]
    assert len(set(names)) == len(names)
    assert not [entry for entry in names if _COUNTED.match(entry)]
    assert not [entry for entry in names if re.search(r"_\d+$", entry)]
    pattern = r"(stem|section_\d+_(block_\d+|transition)|features|classifier(_\d+)?|head)(_[a-z]+\d?)+"
    assert not [entry for entry in names if not re.fullmatch(pattern, entry)]


def test_variable_names_follow_their_layers(filled: keras.Model) -> None:
    for layer in filled.layers:
        for weight in layer.weights:
            assert weight.name.startswith(f"{layer.name}/")
