"""Accuracies, against a count by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bnn_zoo import evaluate
from bnn_zoo._keras import keras
from bnn_zoo.data.datasets import check_source, scoring_split
from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.data.images import ImageError
from bnn_zoo.data.labels import class_labels

LABELS = ("ant", "bee", "cat", "dog", "eel", "fox")


@pytest.fixture(scope="module")
def network() -> Any:
    """Its probabilities are those of the class whose index is the picture's red value, then the next ones."""

    class Fixed(keras.layers.Layer):
        def call(self, inputs: Any) -> Any:
            red = keras.backend.mean(inputs[..., 0], axis=(1, 2))[:, None] * 0.229 * 255 + 0.485 * 255
            place = keras.backend.arange(0, 6, dtype="float32")[None]
            return -keras.backend.abs(place - red)

    images = keras.Input((64, 64, 3))
    return keras.Model(images, Fixed()(images))


def picture(red: int) -> np.ndarray:
    return np.full((64, 64, 3), red, np.uint8)


def test_top1_and_top5_in_memory(network: Any) -> None:
    images = np.stack([picture(red) for red in (0, 1, 2, 3, 0)])
    result = evaluate(network, ImageDataset(images, np.array([0, 1, 5, 3, 4]), LABELS), labels=LABELS, batch_size=2)
    # Class 5 is the furthest of the six from red 2, and so not among five; from red 0 class 4 comes fifth.
    assert (result.top1, result.top5, result.pictures) == (60.0, 80.0, 5)


def test_classes_are_matched_by_name_not_by_order(network: Any) -> None:
    names = ("fox", "ant")
    dataset = ImageDataset(np.stack([picture(5), picture(0)]), np.array([0, 1]), names)
    assert evaluate(network, dataset, labels=LABELS).top1 == 100.0


def test_a_folder_is_read_in_batches_and_bad_pictures_are_skipped_or_stop(network: Any, tmp_path: Path) -> None:
    for split in ("test", "train"):
        for label in ("ant", "bee"):
            (tmp_path / split / label).mkdir(parents=True)
    for index in range(5):
        Image.fromarray(picture(0)).resize((80, 100)).save(tmp_path / "test" / "ant" / f"{index}.png")
        Image.fromarray(picture(4)).save(tmp_path / "test" / "bee" / f"{index}.png")
    (tmp_path / "test" / "bee" / "broken.png").write_bytes(b"\x89PNG nothing")
    seen: list[tuple[int, int]] = []
    result = evaluate(
        network, tmp_path, labels=LABELS, batch_size=4, on_bad="skip", progress=lambda done, total: seen.append((done, total))
    )
    assert (result.top1, result.pictures) == (50.0, 10)
    assert len(result.skipped) == 1 and "broken.png" in result.skipped[0]
    assert seen[-1] == (11, 11)
    with pytest.raises(ImageError, match="broken.png"):
        evaluate(network, tmp_path, labels=LABELS)


def test_the_split_for_scoring(tmp_path: Path) -> None:
    for split in ("train", "validation"):
        (tmp_path / split / "ant").mkdir(parents=True)
        Image.fromarray(picture(0)).save(tmp_path / split / "ant" / "1.png")
    assert scoring_split(tmp_path) == check_source(tmp_path, scoring=True) == "validation"
    assert check_source(tmp_path, "train", scoring=True) == "train"
    assert check_source(tmp_path) is None


def test_a_foreign_class_is_named(network: Any) -> None:
    dataset = ImageDataset(picture(0)[None], np.array([0]), ("yak",))
    with pytest.raises(ValueError, match="'yak'"):
        evaluate(network, dataset, labels=LABELS)


@pytest.mark.parametrize(
    "names", [("C", "C++"), ("1", "-1"), ("A+", "A-"), ("\u0915\u093f", "\u0915\u093e"), ("\U0001f431", "\U0001f436")]
)
def test_classes_that_differ_in_signs_only_are_told_apart(network: Any, names: tuple[str, str]) -> None:
    dataset = ImageDataset(np.stack([picture(0), picture(1)]), np.array([0, 1]), names)
    assert evaluate(network, dataset, labels=(*names, "cat", "dog", "eel", "fox")).top1 == 100.0
    dataset = ImageDataset(np.stack([picture(0), picture(1)]), np.array([1, 0]), names[::-1])
    assert evaluate(network, dataset, labels=(*names, "cat", "dog", "eel", "fox")).top1 == 100.0


def test_case_and_punctuation_do_not_matter_where_they_leave_no_doubt(network: Any) -> None:
    dataset = ImageDataset(np.stack([picture(0), picture(1)]), np.array([0, 1]), ("Red_Ant", "BEE"))
    labels = ["red ant", "bee", "cat", "dog", "eel", "fox"]
    assert evaluate(network, dataset, labels=np.array(labels)).top1 == 100.0  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"is not clear; name the folders as the model names its classes"):
        evaluate(network, dataset, labels=["red ant", "red-ant", "bee", "dog", "eel", "fox"])


def test_folders_of_wordnet_ids_are_imagenets_classes_and_no_others(network: Any) -> None:
    images = keras.Input((64, 64, 3))
    six = keras.layers.Softmax()(network(images))
    thousand = keras.Model(images, keras.layers.ZeroPadding1D((0, 994))(six[..., None])[..., 0])
    ids = tuple(f"n{number:08}" for number in range(1000))
    data = ImageDataset(np.stack([picture(0), picture(4)]), np.array([0, 4]), ids)
    backwards = ImageDataset(data.images, np.array([999, 995]), ids[::-1])
    assert [evaluate(thousand, each, labels=class_labels("imagenet")).top1 for each in (data, backwards)] == [100.0, 100.0]
    with pytest.raises(ValueError, match="the class 'n00000000' of the data is none of the model's"):
        evaluate(thousand, data, labels=[f"class {number}" for number in range(1000)])
    with pytest.raises(ValueError, match="the class 'n00000000' of the data is none of the model's"):
        evaluate(network, ImageDataset(picture(0)[None], np.array([0]), ids[:6]), labels=LABELS)


@pytest.mark.parametrize("labels", [LABELS[:2], (*LABELS, "gnu")])
def test_there_are_as_many_labels_as_classes(network: Any, labels: tuple[str, ...]) -> None:
    dataset = ImageDataset(np.stack([picture(0), picture(1)]), np.array([0, 1]), LABELS[:2])
    with pytest.raises(ValueError, match=f"has 6 classes .* labels has {len(labels)} names"):
        evaluate(network, dataset, labels=labels)


def test_labels_are_a_list_and_not_one_text(network: Any) -> None:
    dataset = ImageDataset(picture(0)[None], np.array([0]), ("a",))
    with pytest.raises(ValueError, match="labels is 'abcdef'; it has to be a list of class names"):
        evaluate(network, dataset, labels="abcdef")


def test_nan_is_no_score() -> None:
    images = keras.Input((64, 64, 3))
    broken = keras.Model(images, keras.layers.Dense(6, kernel_initializer=keras.initializers.Constant(np.nan))(images[:, 0, 0]))
    with pytest.raises(ValueError, match="has NaN in it"):
        evaluate(broken, ImageDataset(picture(0)[None], np.array([0]), LABELS), labels=LABELS)


def test_pictures_that_a_data_set_in_memory_left_out_are_told(network: Any) -> None:
    seen: list[tuple[int, int]] = []
    dataset = ImageDataset(np.stack([picture(0), picture(1)]), np.array([0, 1]), LABELS, ("bad.png",))
    result = evaluate(network, dataset, labels=LABELS, progress=lambda done, total: seen.append((done, total)))
    assert (result.pictures, result.skipped, seen) == (2, ("bad.png",), [(3, 3)])


@pytest.mark.parametrize("outputs", [2, 3])
def test_networks_of_several_outputs_are_not_scored(network: Any, outputs: int) -> None:
    images = keras.Input((64, 64, 3))
    several = keras.Model(images, [network(images)] * outputs, name="several")
    with pytest.raises(ValueError, match="several gives .* the classes of pictures"):
        evaluate(several, ImageDataset(picture(0)[None], np.array([0]), LABELS), labels=LABELS)


def test_what_cannot_be_scored(network: Any, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="model is 'birealnet'"):
        evaluate("birealnet", tmp_path)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="batch_size is 0"):
        evaluate(network, tmp_path, batch_size=0)
