"""Batches hold the right pictures with the right labels, from memory and streamed, and are the same at every second sight."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bnn_zoo._keras import tf
from bnn_zoo.data.datasets import load_dataset, open_dataset
from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.data.images import ImageError
from bnn_zoo.data.preprocessing import apply_preprocessing
from bnn_zoo.data.preprocessing_settings import CIFAR10, IMAGENET
from bnn_zoo.training.pipeline import evaluation_batches, normalize, picture_errors, steps_per_epoch, training_batches
from bnn_zoo.training.recipe import Recipe


@pytest.fixture(scope="module")
def dataset() -> ImageDataset:
    rng = np.random.default_rng(0)
    return ImageDataset(rng.integers(0, 256, (50, 32, 32, 3)).astype("uint8"), np.arange(50) % 5, tuple("abcde"))


def test_normalization_is_the_one_of_prediction(dataset: ImageDataset) -> None:
    np.testing.assert_allclose(normalize(dataset.images, CIFAR10), apply_preprocessing(dataset.images, CIFAR10), atol=1e-5)


def test_every_picture_comes_once_an_epoch_in_another_order_with_its_label(dataset: ImageDataset) -> None:
    recipe = Recipe("a.b", batch_size=10, augmentation="none")
    expected = apply_preprocessing(dataset.images, CIFAR10)
    epochs = []
    for epoch in range(2):
        order = []
        for images, targets in training_batches(dataset, recipe, CIFAR10, first_step=5 * epoch).take(5):
            for image, target in zip(images.numpy(), targets.numpy(), strict=True):
                index = int(np.abs(expected - image).sum(axis=(1, 2, 3)).argmin())
                np.testing.assert_allclose(image, expected[index], atol=1e-5)
                assert target.argmax() == dataset.labels[index]
                order.append(index)
        assert sorted(order) == list(range(50))
        epochs.append(order)
    assert epochs[0] != epochs[1]


def test_a_stream_can_be_entered_at_any_step(dataset: ImageDataset) -> None:
    recipe = Recipe("a.b", batch_size=8)
    whole = [images.numpy() for images, _ in training_batches(dataset, recipe, CIFAR10).take(15)]
    for first in (0, 1, 5, 6, 7, 13):
        later = [images.numpy() for images, _ in training_batches(dataset, recipe, CIFAR10, first).take(2)]
        np.testing.assert_array_equal(later, whole[first : first + 2])
    assert not np.array_equal(whole[0], whole[6])


def test_label_smoothing_spreads_its_share(dataset: ImageDataset) -> None:
    _, targets = next(iter(training_batches(dataset, Recipe("a.b", batch_size=10, label_smoothing=0.1), CIFAR10)))
    np.testing.assert_allclose(np.sort(targets.numpy(), axis=1)[:, [0, -1]], [[0.02, 0.92]] * 10, atol=1e-6)


def test_cutout_hides_what_the_shift_brought_behind_normalization(dataset: ImageDataset) -> None:
    recipes = [Recipe("a.b", batch_size=50, cutout=share) for share in (0.0, 0.25)]
    plain, hidden = (next(iter(training_batches(dataset, recipe, CIFAR10)))[0].numpy() for recipe in recipes)
    covered = (hidden == 0).all(axis=-1)
    np.testing.assert_array_equal(hidden, np.where(covered[..., None], 0, plain))
    assert covered.any(axis=(1, 2)).all() and covered.sum(axis=(1, 2)).max() == 64


def test_rand_augment_changes_most_pictures_and_a_stream_can_still_be_entered_at_any_step(dataset: ImageDataset) -> None:
    recipes = [Recipe("a.b", batch_size=50, rand_augment=magnitude) for magnitude in (0.0, 7.0)]
    plain, augmented = ([images.numpy() for images, _ in training_batches(dataset, recipe, CIFAR10).take(3)] for recipe in recipes)
    changed = [(one != other).any(axis=(1, 2, 3)).mean() for one, other in zip(plain, augmented, strict=True)]
    assert 0.5 < np.mean(changed) < 0.95
    again = next(iter(training_batches(dataset, recipes[1], CIFAR10, first_step=2)))[0].numpy()
    np.testing.assert_array_equal(again, augmented[2])


def test_evaluation_keeps_the_order_and_the_last_pictures(dataset: ImageDataset) -> None:
    targets = np.concatenate([batch.numpy() for _, batch in evaluation_batches(dataset, CIFAR10, batch_size=16)])
    np.testing.assert_array_equal(targets.argmax(axis=1), dataset.labels)


def test_too_few_pictures_for_a_batch(dataset: ImageDataset) -> None:
    with pytest.raises(ValueError, match="batch_size is 64"):
        steps_per_epoch(dataset, Recipe("a.b", batch_size=64))


# Streamed


SMALL = replace(CIFAR10, input_size=(16, 16))
AUGMENTATIONS = ["none", "crop_and_flip", "random_resized_crop"]


def recipe_of(augmentation: str, **settings: Any) -> Recipe:
    """Whether a recipe offers the augmentation or not."""
    recipe = Recipe("a.b", batch_size=8, **settings)
    object.__setattr__(recipe, "augmentation", augmentation)
    return recipe


def folder_of(folder: Path, *, sizes: tuple[tuple[int, int], ...] = ((16, 16),), bad: tuple[int, ...] = ()) -> Path:
    """Fifty pictures of five classes, whose red level is five times their number."""
    rng = np.random.default_rng(0)
    for number in range(50):
        picture = rng.integers(0, 256, (*sizes[number % len(sizes)], 3)).astype("uint8")
        picture[..., 0] = 5 * number
        path = folder / "abcde"[number // 10] / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)
        if number in bad:
            path.write_bytes(b"no picture")
    return folder


def taken(batches: tf.data.Dataset, count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(images.numpy(), targets.numpy()) for images, targets in batches.take(count)]


def numbers(images: np.ndarray, preprocessing: Any = SMALL) -> list[int]:
    red = (images[..., 0] * preprocessing.std[0] + preprocessing.mean[0]) * 255
    return np.rint(np.median(red, axis=(1, 2)) / 5).astype(int).tolist()


@pytest.mark.parametrize("augmentation", AUGMENTATIONS)
def test_streamed_is_as_in_memory(tmp_path: Path, augmentation: str) -> None:
    folder_of(tmp_path)
    streamed, whole = open_dataset(tmp_path, streaming=True), load_dataset(tmp_path)
    recipe = recipe_of(augmentation, label_smoothing=0.1)
    for (images, targets), (expected, classes) in zip(
        *(taken(training_batches(dataset, recipe, SMALL, 3), 9) for dataset in (streamed, whole)), strict=True
    ):
        assert images.shape == (8, 16, 16, 3) and images.dtype == np.float32
        np.testing.assert_array_equal(images, expected)
        np.testing.assert_array_equal(targets, classes)
        assert targets.argmax(axis=1).tolist() == [number // 10 for number in numbers(images)]


@pytest.mark.parametrize("augmentation", AUGMENTATIONS)
def test_a_streamed_run_can_be_entered_at_any_step(tmp_path: Path, augmentation: str) -> None:
    dataset = open_dataset(folder_of(tmp_path, sizes=((16, 16), (40, 24), (11, 50))), streaming=True)
    whole = taken(training_batches(dataset, recipe_of(augmentation), SMALL), 14)
    for first in (0, 1, 5, 6, 7, 12):
        for (images, targets), (expected, classes) in zip(
            taken(training_batches(dataset, recipe_of(augmentation), SMALL, first), 2), whole[first : first + 2], strict=True
        ):
            np.testing.assert_array_equal(images, expected)
            np.testing.assert_array_equal(targets, classes)
    seen = [number for images, _ in whole[:6] for number in numbers(images)]
    assert len(set(seen)) == 48 and seen != [number for images, _ in whole[6:12] for number in numbers(images)]
    other = taken(training_batches(dataset, recipe_of(augmentation, seed=2), SMALL), 1)
    assert not np.array_equal(other[0][0], whole[0][0])


def test_what_is_left_out_is_not_read(tmp_path: Path) -> None:
    dataset = open_dataset(folder_of(tmp_path, bad=tuple(range(50))), on_bad="skip", streaming=True)
    training_batches(dataset, recipe_of("none"), SMALL, first_step=5)
    assert dataset.skipped == ()


@pytest.mark.parametrize("augmentation", AUGMENTATIONS)
def test_a_bad_picture_is_replaced_and_named(tmp_path: Path, augmentation: str) -> None:
    dataset = open_dataset(folder_of(tmp_path, bad=(7, 8, 49)), on_bad="skip", streaming=True)
    seen = []
    for images, targets in taken(training_batches(dataset, recipe_of(augmentation), SMALL), 12):
        assert targets.argmax(axis=1).tolist() == [number // 10 for number in numbers(images)]
        seen += numbers(images)
    assert not {7, 8, 49} & set(seen) and seen.count(9) > 2
    assert dataset.skipped == ("a/07.png", "a/08.png", "e/49.png")
    # Known or not yet known to be bad: a step sees the same.
    anew = open_dataset(tmp_path, on_bad="skip", streaming=True)
    for first in (0, 4):
        known, unknown = (taken(training_batches(one, recipe_of(augmentation), SMALL, first), 1) for one in (dataset, anew))
        np.testing.assert_array_equal(known[0][0], unknown[0][0])


@pytest.mark.parametrize("training", [True, False])
def test_a_bad_picture_stops_the_run_and_is_named(tmp_path: Path, training: bool) -> None:
    dataset = open_dataset(folder_of(tmp_path, bad=(7,)), streaming=True)
    batches = training_batches(dataset, recipe_of("none"), SMALL) if training else evaluation_batches(dataset, SMALL)
    with pytest.raises(ImageError, match=r"a.07\.png: is not a picture"), picture_errors(None, dataset):
        taken(batches, 12)


def test_other_errors_pass() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError), picture_errors(None):
        tf.constant([1.0, 2.0]) + tf.constant([1.0, 2.0, 3.0])


@pytest.mark.parametrize("preprocessing", [SMALL, replace(IMAGENET, input_size=(24, 20))])
def test_evaluation_prepares_pictures_as_prediction_does(tmp_path: Path, preprocessing: Any) -> None:
    dataset = open_dataset(folder_of(tmp_path, sizes=((16, 16), (40, 24), (11, 50)), bad=(3,)), on_bad="skip", streaming=True)
    batches = evaluation_batches(dataset, preprocessing, batch_size=20)
    pictures = [dataset.read(index)[0] for index in range(50) if index != 3]
    for _ in range(2):
        (images, targets) = (np.concatenate(parts) for parts in zip(*taken(batches, 9), strict=True))
        np.testing.assert_allclose(images, apply_preprocessing(pictures, preprocessing), atol=1e-5)
        assert targets.argmax(axis=1).tolist() == [number // 10 for number in range(50) if number != 3]


def test_pictures_in_memory_of_another_size_are_brought_to_the_right_one(dataset: ImageDataset) -> None:
    larger = replace(CIFAR10, input_size=(40, 36), crop=0.875)
    images = np.concatenate([batch.numpy() for batch, _ in evaluation_batches(dataset, larger)])
    np.testing.assert_allclose(images, apply_preprocessing(dataset.images, larger), atol=1e-5)
    for augmentation in AUGMENTATIONS:
        ((batch, _),) = taken(training_batches(dataset, recipe_of(augmentation), larger), 1)
        assert batch.shape == (8, 40, 36, 3)
