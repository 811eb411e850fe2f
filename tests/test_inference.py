"""From pictures to class names, with a model, a name or a record."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from narrow import NARROW, randomize

import bnn_zoo
from bnn_zoo._keras import keras
from bnn_zoo.data.labels import class_labels
from bnn_zoo.data.preprocessing import apply_preprocessing
from bnn_zoo.data.preprocessing_settings import CIFAR10, IMAGENET
from bnn_zoo.hub import find_weight_set, registered, weight_set_of
from bnn_zoo.inference import labels_of, preprocessing_of

RNG = np.random.default_rng(4)
PICTURES = RNG.integers(0, 256, (3, 40, 50, 3), dtype=np.uint8)
OWN = dataclasses.replace(CIFAR10, input_size=(32, 32), mean=(0.1, 0.2, 0.3), std=(0.4, 0.5, 0.6))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[keras.Model]:
    model = randomize(bnn_zoo.BiRealNet(input_shape=(32, 32, 3), num_classes=10, **NARROW["birealnet"]))
    folder = bnn_zoo.save_pretrained(model, tmp_path_factory.mktemp("set"), labels="cifar10", preprocessing=OWN, tag="tiny")
    yield bnn_zoo.load_pretrained(folder)
    keras.backend.clear_session()


def test_a_model_is_given_what_its_weight_set_says(trained: keras.Model) -> None:
    found = bnn_zoo.preprocess(PICTURES, trained)
    assert (found.shape, found.dtype) == ((3, 32, 32, 3), np.float32)
    assert np.array_equal(found, apply_preprocessing(PICTURES, OWN))
    assert not np.allclose(found, apply_preprocessing(PICTURES, CIFAR10))


def test_model_and_record_agree(trained: keras.Model) -> None:
    record = weight_set_of(trained)
    assert record is not None
    assert np.array_equal(bnn_zoo.preprocess(PICTURES, trained), bnn_zoo.preprocess(PICTURES, record))
    assert labels_of(trained) == labels_of(record) == class_labels("cifar10")


def test_a_list_of_any_sizes_and_a_single_picture(trained: keras.Model) -> None:
    pictures = [RNG.integers(0, 256, (*size, 3), dtype=np.uint8) for size in ((32, 32), (100, 7), (31, 200))]
    found = bnn_zoo.preprocess(pictures, trained)
    assert found.shape == (3, 32, 32, 3)
    for picture, row in zip(pictures, found, strict=True):
        assert np.allclose(bnn_zoo.preprocess(picture, trained)[0], row, atol=1e-5)


def test_a_larger_input_of_the_same_weights(trained: keras.Model, tmp_path: Path) -> None:
    larger = bnn_zoo.load_pretrained(bnn_zoo.save_pretrained(trained, tmp_path), input_shape=(64, 48, 3))
    settings = preprocessing_of(larger)
    assert settings == dataclasses.replace(OWN, input_size=(64, 48))


def test_by_name() -> None:
    imagenet = bnn_zoo.preprocess(PICTURES, "quicknet")
    assert imagenet.shape == (3, 224, 224, 3)
    assert np.array_equal(imagenet, apply_preprocessing(PICTURES, IMAGENET))
    assert bnn_zoo.preprocess(PICTURES, "binarynet").shape == (3, 32, 32, 3)
    for weights in registered():
        assert weights.preprocessing is not None, weights.name
        assert preprocessing_of(weights.name).input_size == weights.input_shape[:2]
        if weights.include_top:
            assert len(labels_of(weights)) == weights.num_classes
    default = find_weight_set("birealnet")
    assert preprocessing_of("birealnet") == preprocessing_of(default)


def test_without_weights_the_size_decides() -> None:
    for size, settings in (((32, 32), CIFAR10), ((49, 40), CIFAR10), ((50, 50), IMAGENET), ((None, None), IMAGENET)):
        model = bnn_zoo.BiRealNet(input_shape=(*size, 3), include_top=False, **NARROW["birealnet"])
        expected = tuple(side or 224 for side in size)
        assert preprocessing_of(model) == dataclasses.replace(settings, input_size=expected)
    keras.backend.clear_session()


def test_decode_predictions(trained: keras.Model) -> None:
    probabilities = np.full((2, 10), 0.01)
    probabilities[0, 3], probabilities[0, 5] = 0.6, 0.3
    probabilities[1, 9] = 0.9
    decoded = bnn_zoo.decode_predictions(probabilities, trained, top=2)
    assert decoded[0] == [("cat", 0.6), ("dog", 0.3)]
    assert decoded[1][0] == ("truck", 0.9)
    assert [len(row) for row in bnn_zoo.decode_predictions(probabilities, trained)] == [5, 5]
    assert bnn_zoo.decode_predictions(probabilities[0], trained, top=1) == [[("cat", 0.6)]]
    assert bnn_zoo.decode_predictions(probabilities, trained, top=1, labels=list("abcdefghij"))[0] == [("d", 0.6)]


def test_decode_imagenet_by_name() -> None:
    probabilities = np.zeros((1, 1000))
    probabilities[0, 281] = 1
    assert "tabby" in bnn_zoo.decode_predictions(probabilities, "quicknet.imagenet", top=1)[0][0][0]


def test_what_decoding_refuses(trained: keras.Model) -> None:
    with pytest.raises(ValueError, match="has 4 classes"):
        bnn_zoo.decode_predictions(np.zeros((1, 4)), trained)
    bare = bnn_zoo.BinaryNet(**NARROW["binarynet"])
    with pytest.raises(ValueError, match=r"class names of this model are not known.*pass labels=\[\.\.\.\]"):
        bnn_zoo.decode_predictions(np.zeros((1, 10)), bare)


@pytest.mark.parametrize("ask", [lambda name: bnn_zoo.preprocess(PICTURES, name), labels_of])
def test_unknown_names(ask: object) -> None:
    with pytest.raises(ValueError, match="Did you mean .*quicknet"):
        ask("quicknett")  # type: ignore[operator]
    with pytest.raises(ValueError, match="has no weight set 'mnist'"):
        ask("quicknet.mnist")  # type: ignore[operator]


def test_pictures_of_another_kind_are_refused(trained: keras.Model) -> None:
    for wrong in (PICTURES.astype("float32"), PICTURES[..., :1], "cat.jpg"):
        with pytest.raises(ValueError):
            bnn_zoo.preprocess(wrong, trained)


@pytest.mark.parametrize("ask", [None, 3, bnn_zoo.BiRealNet])
def test_what_is_no_model(ask: object) -> None:
    with pytest.raises(TypeError, match="it must be a keras.Model, a name as in 'birealnet.cifar10', or a record"):
        bnn_zoo.preprocess(PICTURES, ask)  # type: ignore[arg-type]


@pytest.mark.parametrize("shapes", [[(8, 8, 3), (8, 8, 3)], [(8,)]])
def test_networks_that_take_something_else_than_pictures(shapes: list[tuple[int, ...]]) -> None:
    inputs = [keras.Input(shape) for shape in shapes]
    with pytest.raises(ValueError, match=r"model 'odd' takes .*apply_preprocessing"):
        bnn_zoo.preprocess(PICTURES, keras.Model(inputs, keras.layers.ReLU()(inputs[0]), name="odd"))


def test_a_network_that_names_pixels_sees_whole_pictures() -> None:
    network = bnn_zoo.GroupNet18Segmentation(
        num_classes=3, input_shape=(None, None, 3), filters=8, section_blocks=(1, 1, 1, 1), bases=2
    )
    pictures = np.random.default_rng(0).integers(0, 256, (2, 40, 64, 3)).astype(np.uint8)
    seen = bnn_zoo.preprocess(pictures, network)
    assert seen.shape == (2, 40, 64, 3)
    fixed = bnn_zoo.preprocess(pictures[:, :, :40], network)  # mean and deviation are those of the other road
    settings = dataclasses.replace(preprocessing_of(network), input_size=(40, 40), crop=1.0)
    np.testing.assert_array_equal(fixed, apply_preprocessing(pictures[:, :, :40], settings))
    with pytest.raises(ValueError, match="one by one"):
        bnn_zoo.preprocess([pictures[0], pictures[1, :32]], network)
