"""A picture of any kind, mode and orientation becomes the same RGB values; what is none is refused in one line."""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bnn_zoo.data.images import ImageError, read_image
from bnn_zoo.data.listing import image_endings

RED = [255, 0, 0]


def encoded(image: Image.Image, format_name: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format_name, **options)
    return buffer.getvalue()


def colourful(height: int = 6, width: int = 8) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_every_kind_of_source_gives_the_same_array(tmp_path: Path) -> None:
    pixels = colourful()
    image = Image.fromarray(pixels)
    path = tmp_path / "a.png"
    image.save(path)
    for source in (path, str(path), path.read_bytes(), image, Image.open(path)):
        result = read_image(source)
        assert result.dtype == np.uint8
        np.testing.assert_array_equal(result, pixels)
    result[:] = 0  # a copy of its own, writable
    np.testing.assert_array_equal(np.asarray(image), pixels)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "HSV", "RGBX", "PA", "RGBa", "La"])
def test_every_mode_gives_rgb(mode: str) -> None:
    steps = {"PA": ("RGBA", "PA"), "La": ("LA", "La"), "RGBa": ("RGBA", "RGBa")}.get(mode, (mode,))
    image = Image.new("RGB", (4, 3), (255, 255, 255))
    image.paste((0, 0, 0), (0, 0, 2, 3))
    for step in steps:
        image = image.convert(step)
    result = read_image(image)
    assert result.shape == (3, 4, 3) and result.dtype == np.uint8
    assert result[:, :2].max() <= 2 and result[:, 2:].min() >= 253


def test_lab_is_converted() -> None:
    result = read_image(Image.merge("LAB", [Image.new("L", (2, 2), value) for value in (255, 128, 128)]))
    assert result.min() >= 250


def test_palette_colours() -> None:
    image = Image.new("P", (2, 2), 1)
    image.putpalette([0, 0, 255, 255, 0, 0])
    np.testing.assert_array_equal(read_image(encoded(image)), np.broadcast_to(RED, (2, 2, 3)))


def test_transparency_is_put_on_white() -> None:
    rgba = np.zeros((1, 3, 4), np.uint8)
    rgba[0, :, 3] = 0, 128, 255
    np.testing.assert_array_equal(read_image(encoded(Image.fromarray(rgba)))[0, :, 0], [255, 127, 0])


@pytest.mark.parametrize("mode, key, colour", [("P", 1, 1), ("L", 7, 7), ("RGB", (1, 2, 3), (1, 2, 3))])
def test_a_transparent_colour_is_white(mode: str, key: object, colour: Any) -> None:
    image = Image.new(mode, (2, 1), colour)
    if mode == "P":
        image.putpalette([0, 0, 0, 9, 9, 9])
    image.putpixel((0, 0), 0 if mode != "RGB" else (0, 0, 0))
    data = encoded(image, transparency=key)
    assert read_image(data)[0].tolist() == [[0, 0, 0], [255, 255, 255]]


@pytest.mark.parametrize("format_name", ["PNG", "TIFF"])
def test_16_bit_grey_is_scaled_not_clipped(format_name: str) -> None:
    grey = np.array([[0, 257, 32768, 65535]], np.uint16)
    result = read_image(encoded(Image.fromarray(grey), format_name))
    assert result[0, :, 0].tolist() == [0, 1, 128, 255]
    assert (result == result[..., :1]).all()


def test_16_bit_grey_with_a_transparent_value() -> None:
    grey = np.array([[0, 257]], np.uint16)
    image = Image.fromarray(grey)
    image.info["transparency"] = 257
    assert read_image(image)[0, :, 0].tolist() == [0, 255]


@pytest.mark.parametrize("white", [1.0, 255.0, 65535.0])
def test_float_grey(white: float) -> None:
    grey = np.array([[0.0, 0.6, 1.0]], np.float32) * np.float32(white)
    assert read_image(encoded(Image.fromarray(grey), "TIFF"))[0, :, 0].tolist() == [0, 153, 255]


@pytest.mark.parametrize("value", [-1, 70_000])
def test_grey_without_a_known_white_is_refused(value: int) -> None:
    with pytest.raises(ImageError, match="save the picture with 8 or 16 bits"):
        read_image(Image.fromarray(np.full((2, 2), value, np.int32)))


def test_cmyk_jpeg() -> None:
    result = read_image(encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG"))
    assert np.abs(result.astype(int) - RED).max() < 8


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_name", ["PNG", "TIFF", "WEBP"])
def test_exif_orientation(orientation: int, format_name: str) -> None:
    if format_name == "WEBP" and ".webp" not in Image.registered_extensions():
        pytest.skip("this Pillow has no WebP")
    upright = colourful()
    # What a camera stores, so that a viewer has to undo it.
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: upright.transpose(1, 0, 2)[::-1],
        7: upright.transpose(1, 0, 2)[::-1, ::-1],
        8: upright.transpose(1, 0, 2)[:, ::-1],
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if format_name == "WEBP" else {}
    data = encoded(Image.fromarray(np.ascontiguousarray(stored)), format_name, exif=exif, **options)
    np.testing.assert_array_equal(read_image(data), upright)


def test_a_damaged_exif_block_does_not_matter() -> None:
    pixels = colourful()
    data = encoded(Image.fromarray(pixels), exif=b"Exif\0\0MM\0*\xff\xff\xff\xff\0\1")
    np.testing.assert_array_equal(read_image(data), pixels)


def test_an_orientation_beside_damage_counts() -> None:
    """A resolution that is a text: Pillow reads such a block, but does not write it."""
    orientation, resolution = b"\x01\x12\0\3\0\0\0\1\0\6\0\0", b"\x01\x1a\0\2\0\0\0\4abc\0"
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\2" + orientation + resolution + b"\0\0\0\0"
    upright = colourful()
    stored = np.ascontiguousarray(upright.transpose(1, 0, 2)[::-1])
    np.testing.assert_array_equal(read_image(encoded(Image.fromarray(stored), exif=exif)), upright)


@pytest.mark.parametrize("format_name", ["GIF", "WEBP", "PNG"])
def test_first_frame_of_an_animation(format_name: str) -> None:
    first, second = Image.new("RGB", (8, 8), (255, 0, 0)), Image.new("RGB", (8, 8), (0, 0, 255))
    result = read_image(encoded(first, format_name, save_all=True, append_images=[second]))
    assert np.abs(result.astype(int) - RED).max() < 8


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"])
def test_truncated_files_are_refused(tmp_path: Path, format_name: str) -> None:
    data = encoded(Image.fromarray(colourful(64, 64)), format_name)
    path = tmp_path / "cut.bin"
    for share in (0.3, 0.6, 0.9):
        path.write_bytes(data[: int(len(data) * share)])
        with pytest.raises(ImageError) as caught:
            read_image(path)
        message = str(caught.value)
        assert message.startswith(f"{path}: ") and "\n" not in message


def bomb() -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    header = (50_000).to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    pixels = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "name, content, reason",
    [
        ("empty.jpg", b"", "is empty"),
        ("text.png", b"not a picture\nat all\n", "is not a picture"),
        ("bomb.png", bomb(), "more pixels than is safe"),
    ],
)
def test_what_is_no_picture_gets_one_line(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ImageError, match=reason) as caught:
        read_image(path)
    assert name in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(ImageError, match=reason):
        read_image(content)


def test_a_name_of_two_lines_is_told_in_one(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="^[^\n]*two lines.png: no such file$"):
        read_image(tmp_path / "two\nlines.png")


def test_what_another_program_would_read_is_no_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = io.BytesIO()
    Image.new("RGB", (8, 8)).save(page, "EPS")
    monkeypatch.setattr("PIL.EpsImagePlugin.Ghostscript", lambda *arguments, **options: pytest.fail("was started"))
    for content in (page.getvalue(), b"\xff\xd8" + page.getvalue()):
        (tmp_path / "a.jpg").write_bytes(content)
        with pytest.raises(ImageError, match="not a picture in a format"):
            read_image(tmp_path / "a.jpg")
    assert not {".eps", ".ps"} & image_endings() and {".jpg", ".png", ".webp"} <= image_endings()


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="gone.png: no such file"):
        read_image(tmp_path / "gone.png")
    with pytest.raises(ImageError, match="is a folder"):
        read_image(tmp_path)
    with pytest.raises(ImageError, match="null"):
        read_image("a\0b.png")
    with pytest.raises(ImageError, match="int: read_image takes a path"):
        read_image(3)  # type: ignore[arg-type]
