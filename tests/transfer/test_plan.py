"""Held-out pictures, batches and epochs fit the data, however few there are."""

from __future__ import annotations

import numpy as np
import pytest

from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.transfer import finetuning_recipes


def labelled(*counts: int) -> ImageDataset:
    labels = np.repeat(np.arange(len(counts)), counts)
    return ImageDataset(np.zeros((len(labels), 8, 8, 3), "uint8"), labels, tuple("abcdef"[: len(counts)]))


@pytest.mark.parametrize(
    ("counts", "held_out", "batch_size"), [((2, 2), 1, 3), ((20, 20, 20), 12, 4), ((100, 100), 40, 16), ((9000, 9000), 1000, 32)]
)
def test_held_out_pictures_and_batches_fall_with_the_data(counts: tuple[int, ...], held_out: int, batch_size: int) -> None:
    for recipe in finetuning_recipes(labelled(*counts), "x", "y"):
        assert (recipe.held_out, recipe.batch_size) == (held_out, batch_size)
        steps = (sum(counts) - held_out) // batch_size
        enough, most = {"x.head": (100, 50), "x.whole": (400, 100)}[recipe.name]
        assert steps >= 1 and (recipe.epochs * steps >= enough or recipe.epochs == most)


def test_a_class_too_few() -> None:
    with pytest.raises(ValueError, match="the one class 'a'"):
        finetuning_recipes(labelled(5), "x", "y")
    with pytest.raises(ValueError, match="class 'b' has 1 pictures"):
        finetuning_recipes(labelled(5, 1), "x", "y")
