"""Each operation does what its name says, as strongly as the magnitude asks; a picture gets up to two of them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from bnn_zoo.data.images import read_image
from bnn_zoo.data.samples import sample_pictures
from bnn_zoo.training.rand_augment import OPERATIONS, rand_augment

GREY = (120, 121, 122)
(
    _AUTOCONTRAST,
    _EQUALIZE,
    INVERT,
    ROTATE,
    POSTERIZE,
    SOLARIZE,
    ADD,
    COLOUR,
    CONTRAST,
    BRIGHTNESS,
    SHARPNESS,
    SHEAR_X,
    SHEAR_Y,
    RIGHT,
    DOWN,
) = OPERATIONS
NOTHING = (ROTATE, SOLARIZE, ADD, COLOUR, CONTRAST, BRIGHTNESS, SHARPNESS, SHEAR_X, SHEAR_Y, RIGHT, DOWN)


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 40, 3)).astype("uint8"))


def done(operation: object, picture: Image.Image, strength: float, sign: int = 1) -> np.ndarray:
    return np.asarray(operation(picture, strength, sign, GREY))  # type: ignore[operator]


def test_strength_0_leaves_a_picture_alone(picture: Image.Image) -> None:
    for operation in NOTHING:
        np.testing.assert_array_equal(done(operation, picture, 0.0), picture)


def test_shifts_are_of_up_to_45_percent_both_ways_and_let_the_colour_in(picture: Image.Image) -> None:
    before = np.asarray(picture)
    np.testing.assert_array_equal(done(RIGHT, picture, 1.0, -1)[:, 18:], before[:, :22])
    np.testing.assert_array_equal(done(RIGHT, picture, 1.0, -1)[:, :18], np.broadcast_to(GREY, (20, 18, 3)))
    np.testing.assert_array_equal(done(RIGHT, picture, 0.5, 1)[:, :31], before[:, 9:])
    np.testing.assert_array_equal(done(DOWN, picture, 1.0, -1)[9:], before[:11])
    np.testing.assert_array_equal(done(DOWN, picture, 1.0, 1)[:11], before[9:])


def test_shears_and_rotations_leave_the_axis_and_let_the_colour_in(picture: Image.Image) -> None:
    before = np.asarray(picture)
    np.testing.assert_allclose(done(SHEAR_X, picture, 1.0)[0], before[0], atol=60)
    assert (done(SHEAR_X, picture, 1.0)[19, 36:] == GREY).all()  # the last row is moved by 0.3 x 19 pixels
    assert (done(SHEAR_Y, picture, 1.0, -1)[:9, 39] == GREY).all()
    turned = Image.new("RGB", (31, 31), (200, 0, 0)).rotate(30, fillcolor=GREY)
    assert (done(ROTATE, Image.new("RGB", (31, 31), (200, 0, 0)), 1.0)[0, 0] == np.asarray(turned)[0, 0]).all()


def test_colours_change_as_the_operations_names_say(picture: Image.Image) -> None:
    before = np.asarray(picture).astype(int)
    np.testing.assert_array_equal(done(INVERT, picture, 0.0), 255 - before)
    np.testing.assert_array_equal(done(SOLARIZE, picture, 0.5), np.where(before < 128, before, 255 - before))
    np.testing.assert_array_equal(done(ADD, picture, 1.0), np.where(before < 128, before + 110, before))
    np.testing.assert_array_equal(done(POSTERIZE, picture, 0.5), before // 64 * 64)
    np.testing.assert_allclose(done(BRIGHTNESS, picture, 0.5, -1), before * 0.55, atol=1)
    grey = done(COLOUR, picture, 1.0, -1).astype(int)
    assert np.ptp(grey, axis=2).max() < 30 and done(CONTRAST, picture, 1.0, -1).std() < 0.2 * before.std()
    assert np.abs(np.diff(done(SHARPNESS, picture, 1.0, -1).astype(int), axis=1)).mean() < np.abs(np.diff(before, axis=1)).mean()


def test_a_quarter_of_the_pictures_stay_and_the_rest_change_by_the_seed_alone() -> None:
    images = np.repeat(read_image(sample_pictures()[0][0])[None], 400, axis=0)
    results = rand_augment(images, 7.0, [1, 2], (0.5, 0.5, 0.5)).numpy()
    assert results.shape == images.shape and results.dtype == np.uint8
    same = (results == images).all(axis=(1, 2, 3)).mean()
    assert 0.19 < same < 0.33  # none of two is done in 1/4
    assert len({result.tobytes() for result in results}) > 200
    np.testing.assert_array_equal(results, rand_augment(images, 7.0, [1, 2], (0.5, 0.5, 0.5)))
    assert (results != rand_augment(images, 7.0, [1, 3], (0.5, 0.5, 0.5)).numpy()).any()
