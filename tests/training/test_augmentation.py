"""Pictures are shifted, mirrored, cut and covered, but never altered."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bnn_zoo.training.augmentation import BOX_DRAWS, crop_and_flip, cutout, random_box


@pytest.mark.parametrize(("padding", "mode"), [("zeros", "constant"), ("reflection", "reflect")])
def test_crop_and_flip_shifts_and_mirrors_whole_pictures(padding: Any, mode: Any) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(1, 256, (200, 16, 24, 3)).astype("uint8")
    shifts, mirrored = set(), 0
    for image, result in zip(images, crop_and_flip(images, [1, 2], padding).numpy(), strict=True):
        assert result.shape == image.shape and result.dtype == np.uint8
        padded = np.pad(image, ((2, 2), (3, 3), (0, 0)), mode)
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


def test_cutout_hides_one_square_anywhere_and_nothing_else() -> None:
    images = np.random.default_rng(0).random((600, 16, 24, 3), np.float32) + 1.0
    tops, lefts, areas = set(), set(), []
    for image, result in zip(images, cutout(images, 0.25, seed=[1, 2]).numpy(), strict=True):
        hidden = (result == 0).all(axis=-1)
        rows, columns = np.flatnonzero(hidden.any(axis=1)), np.flatnonzero(hidden.any(axis=0))
        assert hidden[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all() and hidden.sum() == len(rows) * len(columns)
        np.testing.assert_array_equal(result[~hidden], image[~hidden])
        tops.add(rows[0])
        lefts.add(columns[0])
        areas.append(hidden.sum())
    assert tops == set(range(14)) and lefts == set(range(21))  # centres are all 16 rows and 24 columns; two and three begin at 0
    assert max(areas) == 4 * 6 and min(areas) < 4 * 6


def test_boxes_are_of_all_allowed_sizes_and_shapes_and_lie_inside() -> None:
    rng = np.random.default_rng(0)
    boxes = np.array([random_box(200, 300, rng.random(BOX_DRAWS).tolist()) for _ in range(4000)])
    top, left, tall, wide = boxes.T
    assert (top >= 0).all() and (left >= 0).all() and (top + tall <= 200 + 1e-9).all() and (left + wide <= 300 + 1e-9).all()
    shares, ratios = tall * wide / 60_000, wide / tall
    assert 0.08 <= shares.min() < 0.09 and 0.88 < shares.max() <= 1.0
    assert 0.75 <= ratios.min() < 0.77 and 1.3 < ratios.max() <= 4 / 3 + 1e-9
    assert 0.4 < (ratios[shares < 0.3] < 1).mean() < 0.6
    places = (top / (200 - tall))[shares < 0.5]
    assert places.min() < 0.01 and places.max() > 0.99 and 0.47 < places.mean() < 0.53


@pytest.mark.parametrize("height, width", [(1, 1), (1, 500), (500, 1), (32, 32)])
def test_the_box_of_a_narrow_picture_lies_inside(height: int, width: int) -> None:
    for draws in ([0.999] * BOX_DRAWS, [0.0] * BOX_DRAWS, [0.5] * BOX_DRAWS):
        top, left, tall, wide = random_box(height, width, draws)
        assert top >= 0 and left >= 0 and tall > 0 and wide > 0 and top + tall <= height and left + wide <= width
        assert 0.74 < wide / tall < 1.34
