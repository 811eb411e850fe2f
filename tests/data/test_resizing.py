"""Cropping and resizing: a large picture is cropped while it is decoded, as if it were decoded whole."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from bnn_zoo.data.images import ImageError, decode_image
from bnn_zoo.data.resizing import decode_crop, fitted, resized_crop


def gradient(height: int, width: int) -> np.ndarray:
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([rows * 255 // height, columns * 255 // width, (rows + columns) % 7 * 0 + 90], axis=-1).astype(np.uint8)


def encoded(picture: np.ndarray, kind: str, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, kind, exif=exif, quality=95)
    return buffer.getvalue()


def test_fitted_keeps_the_centre() -> None:
    wide = np.zeros((4, 12, 3), np.uint8)
    wide[:, 4:8] = 200
    assert (fitted(wide, (4, 4)) == 200).all() and (fitted(wide, (2, 3)) == 200).all() and fitted(wide, (2, 3)).shape == (2, 3, 3)


def test_a_crop_of_its_own_size_is_exact() -> None:
    picture = gradient(20, 30)
    np.testing.assert_array_equal(resized_crop(picture, (3, 5, 10, 12), (10, 12)), picture[3:13, 5:17])


@pytest.mark.parametrize("kind, orientation", [("JPEG", 1), ("JPEG", 6), ("PNG", 1), ("PNG", 6)])
def test_a_large_picture_is_cropped_as_if_it_were_decoded_whole(
    kind: str, orientation: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = encoded(gradient(640, 960), kind, orientation)
    whole = decode_image(data, "a")
    assert whole.shape[:2] == ((640, 960) if orientation == 1 else (960, 640))
    seen: list[tuple[int, int]] = []
    decoded: list[tuple[int, ...]] = []
    monkeypatch.setattr(
        "bnn_zoo.data.resizing.decode_image", lambda *given: (picture := decode_image(*given), decoded.append(picture.shape))[0]
    )

    def choose(height: int, width: int) -> tuple[float, float, float, float]:
        seen.append((height, width))
        return height * 0.25, width * 0.1, height * 0.5, width * 0.75

    crop = decode_crop(data, "a", (64, 64), choose)
    expected = resized_crop(whole, choose(*whole.shape[:2]), (64, 64))
    assert seen[0] == seen[1] == whole.shape[:2]
    assert np.abs(crop.astype(int) - expected).max() <= 6
    # At an eighth the crop would be smaller than what is wanted of it, at a quarter it is not.
    assert decoded == [(*(side // 4 for side in whole.shape[:2]), 3) if kind == "JPEG" else whole.shape]


@pytest.mark.parametrize("data", [b"", b"nothing", encoded(gradient(64, 64), "JPEG")[:500], encoded(gradient(64, 64), "PNG")[:100]])
def test_what_cannot_be_decoded_is_named(data: bytes) -> None:
    with pytest.raises(ImageError, match="a.jpg: "):
        decode_crop(data, "a.jpg", (8, 8), lambda height, width: (0, 0, height, width))
