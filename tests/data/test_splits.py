"""A part held out of the training data has its classes' shares, and the seed decides which pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.data.splits import split_off


def numbered(*sizes: int) -> ImageDataset:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    images = np.arange(len(labels) * 3, dtype=np.uint8).reshape(-1, 1, 1, 3)
    order = np.random.default_rng(1).permutation(len(labels))
    return ImageDataset(images[order], labels[order], tuple("abc"[: len(sizes)]), ("bad.png",))


def test_split_off() -> None:
    dataset = numbered(40, 20, 5)
    rest, held_out = split_off(dataset, 13, seed=3)
    assert (len(rest), len(held_out)) == (52, 13)
    assert np.bincount(held_out.labels).tolist() == [8, 4, 1]
    assert rest.class_names == held_out.class_names == ("a", "b", "c")
    assert (rest.skipped, held_out.skipped) == (("bad.png",), ())
    together = sorted([*rest.images[:, 0, 0, 0].tolist(), *held_out.images[:, 0, 0, 0].tolist()])
    assert together == sorted(dataset.images[:, 0, 0, 0].tolist())
    of = dict(zip(dataset.images[:, 0, 0, 0].tolist(), dataset.labels.tolist(), strict=True))
    assert [of[number] for number in held_out.images[:, 0, 0, 0].tolist()] == held_out.labels.tolist()


def test_split_off_is_decided_by_the_seed() -> None:
    dataset = numbered(40, 20)
    first, again, other = (split_off(dataset, 10, seed)[1].images for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("count", range(1, 11))
def test_split_off_takes_exactly_as_many(count: int) -> None:
    assert len(split_off(numbered(5, 5, 1), count, 0)[1]) == count


@pytest.mark.parametrize("count", [0, -1, 11, 0.5, 2.0, True])
def test_split_off_refuses(count: Any) -> None:
    with pytest.raises(ValueError, match=f"count is {count}"):
        split_off(numbered(5, 5, 1), count, 0)
