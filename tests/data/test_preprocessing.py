"""Pictures prepared as for the original networks, and settings that survive JSON or are refused by their field."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from fresh_process import run_python
from PIL import Image

from bnn_zoo.data.preprocessing import apply_preprocessing
from bnn_zoo.data.preprocessing_settings import CIFAR10, IMAGENET, Preprocessing


def pictures(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).integers(0, 256, (*shape, 3), dtype=np.uint8)


def keys_matrix(source: int, target: int) -> np.ndarray:
    """Legacy bicubic along one side: (target, source) weights, a = -0.75, pixel 0 on pixel 0, borders repeated."""
    a = -0.75
    matrix = np.zeros((target, source))
    for row in range(target):
        position = np.float32(row) * (np.float32(source) / np.float32(target))
        start = int(position)
        # The operation looks its weights up in a table of 1,024 steps a pixel.
        part = np.rint(float(position - np.float32(start)) * 1024) / 1024
        for tap in (-1, 0, 1, 2):
            x = abs(tap - part)
            if x <= 1:
                weight = (a + 2) * x**3 - (a + 3) * x**2 + 1
            else:
                weight = a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a
            matrix[row, min(max(start + tap, 0), source - 1)] += weight
    return matrix


def original_imagenet(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    side = int(np.float32(0.875) * np.float32(min(height, width)))
    top, left = (height - side + 1) // 2, (width - side + 1) // 2
    square = picture[top : top + side, left : left + side].astype(np.float64)
    matrix = keys_matrix(side, 224)
    resized = np.einsum("ty,yxc,sx->tsc", matrix, square, matrix, optimize=True)
    mean, std = np.array([0.485, 0.456, 0.406]) * 255, np.array([0.229, 0.224, 0.225]) * 255
    return (resized - mean) / std


@pytest.mark.parametrize("size", [(256, 256), (300, 451), (333, 257), (97, 64), (1, 5), (500, 375)])
def test_imagenet_is_the_original(size: tuple[int, int]) -> None:
    picture = pictures(*size)
    if min(size) == 1:  # the original keeps no pixel of it
        assert apply_preprocessing(picture, IMAGENET).shape == (1, 224, 224, 3)
        return
    result = apply_preprocessing(picture, IMAGENET)
    assert result.shape == (1, 224, 224, 3) and result.dtype == np.float32
    np.testing.assert_allclose(result[0], original_imagenet(picture), atol=2e-5)


@pytest.mark.parametrize("interpolation", ["bicubic_antialias", "bilinear_antialias"])
def test_antialiasing_is_like_pillows(interpolation: str) -> None:
    settings = replace(CIFAR10, interpolation=interpolation, mean=(0, 0, 0), std=(1, 1, 1))
    picture = pictures(80, 80)
    filters = {"bicubic_antialias": Image.Resampling.BICUBIC, "bilinear_antialias": Image.Resampling.BILINEAR}
    expected = np.asarray(Image.fromarray(picture).resize((32, 32), filters[interpolation])) / 255
    assert np.abs(apply_preprocessing(picture, settings)[0] - expected).max() < 1.01 / 255


def test_a_picture_of_the_right_size_is_only_normalised() -> None:
    batch = pictures(3, 32, 32)
    mean, std = np.float32(np.array(CIFAR10.mean) * 255), np.float32(np.array(CIFAR10.std) * 255)
    np.testing.assert_array_equal(apply_preprocessing(batch, CIFAR10), (batch.astype(np.float32) - mean) / std)
    cropped = pictures(256, 256)
    np.testing.assert_array_equal(
        apply_preprocessing(cropped, IMAGENET),
        apply_preprocessing(cropped[16:240, 16:240], replace(IMAGENET, crop=1.0)),
    )


def test_the_right_size_needs_no_tensorflow() -> None:
    code = (
        "import sys, numpy; from bnn_zoo.data import CIFAR10, apply_preprocessing;"
        "apply_preprocessing(numpy.zeros((2, 32, 32, 3), 'uint8'), CIFAR10); sys.exit('tensorflow' in sys.modules)"
    )
    assert run_python(code).returncode == 0


def test_a_list_of_many_sizes_keeps_its_order() -> None:
    mixed = [pictures(40, 50), pictures(32, 32), pictures(40, 50) // 2, pictures(31, 90)]
    result = apply_preprocessing(mixed, CIFAR10)
    for picture, single in zip(mixed, result, strict=True):
        np.testing.assert_array_equal(single, apply_preprocessing(picture, CIFAR10)[0])


def test_a_batch_is_resized_as_its_pictures_are(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = pictures(5, 40, 44)
    whole = apply_preprocessing(batch, CIFAR10)
    monkeypatch.setattr("bnn_zoo.data.preprocessing._VALUES_AT_A_TIME", 2 * 40 * 44 * 3)
    np.testing.assert_array_equal(apply_preprocessing(batch, CIFAR10), whole)
    np.testing.assert_array_equal(apply_preprocessing(list(batch), CIFAR10), whole)


def test_the_given_pictures_are_left_alone() -> None:
    batch = pictures(2, 32, 32)
    before = batch.copy()
    apply_preprocessing(batch, CIFAR10)
    np.testing.assert_array_equal(batch, before)


def test_no_pictures() -> None:
    assert apply_preprocessing([], IMAGENET).shape == (0, 224, 224, 3)
    assert apply_preprocessing(np.zeros((0, 9, 9, 3), np.uint8), CIFAR10).shape == (0, 32, 32, 3)


def test_input_size_is_height_and_width() -> None:
    assert apply_preprocessing(pictures(40, 40), replace(CIFAR10, input_size=(16, 24))).shape == (1, 16, 24, 3)


@pytest.mark.parametrize(
    "images, message",
    [
        (np.zeros((32, 32, 3), np.float32), r"float32 and shape \(32, 32, 3\).*uint8"),
        (np.zeros((32, 32), np.uint8), r"\(32, 32\).*np.stack"),
        (np.zeros((2, 3, 32, 32), np.uint8), "moveaxis"),
        (np.zeros((32, 32, 4), np.uint8), "read_image"),
        (np.zeros((32, 32, 1), np.uint8), "np.repeat"),
        (np.zeros((1, 1, 32, 32, 3), np.uint8), "one batch"),
        (np.zeros((1, 0, 32, 3), np.uint8), "at least one pixel"),
        ([np.zeros((32, 32, 3), np.uint8), np.zeros((32, 32), np.uint8)], r"images\[1\]"),
        (["cat.jpg"], r"images\[0\] is a str.*read_image"),
        ("cat.jpg", "images is a str.*read_image"),
        (Image.new("RGB", (32, 32)), "read_image"),
    ],
)
def test_what_is_no_picture_is_refused(images: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        apply_preprocessing(images, CIFAR10)  # type: ignore[arg-type]


@pytest.mark.parametrize("settings", [IMAGENET, CIFAR10])
def test_settings_survive_json(settings: Preprocessing) -> None:
    assert Preprocessing.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings


@pytest.mark.parametrize(
    "field, value",
    [
        ("input_size", [224]),
        ("input_size", [224, 0]),
        ("input_size", [224.0, 224.0]),
        ("input_size", 224),
        ("crop", 0),
        ("crop", 1.5),
        ("crop", True),
        ("crop", float("nan")),
        ("crop", "all"),
        ("interpolation", "nearest"),
        ("interpolation", []),
        ("mean", [0.5, 0.5]),
        ("mean", [123.7, 116.3, 103.5]),
        ("mean", [float("nan"), 0.5, 0.5]),
        ("std", [0.2, 0.2, 0.0]),
        ("std", ["0.2", "0.2", "0.2"]),
        ("std", None),
    ],
)
def test_a_wrong_field_is_named(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"field {field} is"):
        Preprocessing.from_dict({**CIFAR10.to_dict(), field: value})


def test_missing_and_unknown_fields_are_named() -> None:
    settings = CIFAR10.to_dict()
    with pytest.raises(ValueError, match="unknown field colour"):
        Preprocessing.from_dict({**settings, "colour": 1})
    del settings["crop"]
    with pytest.raises(ValueError, match="lacks crop"):
        Preprocessing.from_dict(settings)
    with pytest.raises(ValueError, match="mapping"):
        Preprocessing.from_dict([1])  # type: ignore[arg-type]
