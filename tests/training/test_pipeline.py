"""Batches hold the right pictures with the right labels, shifted and mirrored but never altered."""

from __future__ import annotations

import numpy as np
import pytest

from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.data.preprocessing import CIFAR10, apply_preprocessing
from bnn_zoo.training.pipeline import crop_and_flip, evaluation_batches, normalize, steps_per_epoch, training_batches
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


def test_evaluation_keeps_the_order_and_the_last_pictures(dataset: ImageDataset) -> None:
    targets = np.concatenate([batch.numpy() for _, batch in evaluation_batches(dataset, CIFAR10, batch_size=16)])
    np.testing.assert_array_equal(targets.argmax(axis=1), dataset.labels)


def test_crop_and_flip_shifts_and_mirrors_whole_pictures() -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(1, 256, (200, 16, 24, 3)).astype("uint8")
    shifts, mirrored = set(), 0
    for image, result in zip(images, crop_and_flip(images, seed=[1, 2]).numpy(), strict=True):
        assert result.shape == image.shape and result.dtype == np.uint8
        padded = np.pad(image, ((2, 2), (3, 3), (0, 0)))
        found = [
            (top, left, flip)
            for top in range(5)
            for left in range(7)
            for flip in (False, True)
            if np.array_equal(result[:, ::-1] if flip else result, padded[top : top + 16, left : left + 24])
        ]
        assert len(found) == 1
        shifts.add(found[0][:2])
        mirrored += found[0][2]
    assert 70 < mirrored < 130
    assert len(shifts) > 30


def test_too_few_pictures_for_a_batch(dataset: ImageDataset) -> None:
    with pytest.raises(ValueError, match="batch_size is 64"):
        steps_per_epoch(dataset, Recipe("a.b", batch_size=64))
