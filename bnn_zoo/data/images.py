"""From any picture Pillow can read to an RGB array."""

from __future__ import annotations

import functools
import io
import os
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from bnn_zoo._error_words import in_one_line
from bnn_zoo._user_path import shown_path, user_path

_EXIF_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_LYING = (Image.Transpose.TRANSPOSE, Image.Transpose.ROTATE_270, Image.Transpose.TRANSVERSE, Image.Transpose.ROTATE_90)


# Pillow starts another program, Ghostscript, for what begins as one of these does, whatever its ending says.
_READ_BY_A_PROGRAM = {"EPS"}

_EMPTY = "is empty"


class ImageError(ValueError):
    """A picture that cannot be read; the message is one line: the file's name and the reason."""


def read_image(source: str | os.PathLike[str] | bytes | Image.Image) -> np.ndarray:
    """Reads a picture as upright RGB, whatever its format and mode.

    Transparent parts are shown on white, EXIF orientation is applied, and of an animation the first frame is taken.
    Greyscale of 16 bits is scaled to 0..255 by its full range (0..65535), not clipped. Greyscale of 32-bit floats
    has no fixed white: it is taken as 0..1, 0..255 or 0..65535, the narrowest of these that holds its values.

    Args:
        source: a path, the bytes of an encoded picture, or an opened Pillow image (of an animation, the frame it
            stands at).

    Returns:
        uint8 array of shape (height, width, 3), values 0..255.

    Raises:
        ImageError: there is no such file, or it is no picture, truncated, or larger than Pillow's limit against
            decompression bombs (`PIL.Image.MAX_IMAGE_PIXELS`).
    """
    if isinstance(source, Image.Image):
        name = str(getattr(source, "filename", "") or "") or f"the {source.mode} picture given"
        try:
            return _to_rgb(_upright(source.copy()))
        except Exception as error:
            raise _refusal(name, error) from error
    if isinstance(source, (bytes, bytearray, memoryview)):
        return decode_image(bytes(source), name=f"{len(source)} bytes given")
    try:
        path = user_path(source)
    except TypeError as error:
        raise ImageError(f"{type(source).__name__}: read_image takes a path, the bytes of a picture or a Pillow image") from error
    return _decode(path, str(path))


def decode_image(data: bytes, name: str, enough: tuple[int, int] | None = None) -> np.ndarray:
    """Reads a picture from memory, as `read_image` does, with a name for error messages.

    Args:
        data: the bytes of an encoded picture.
        name: what an error message calls the picture, for instance the name of its entry in an archive.
        enough: (height, width) that will do: a JPEG of at least twice that is decoded at a half, a quarter or an eighth of its
            size, which is several times faster, but never below.

    Returns:
        uint8 array of shape (height, width, 3), values 0..255.

    Raises:
        ImageError: `data` is no picture, truncated, or a decompression bomb.
    """
    if not data:
        raise _refusal(name, _EMPTY)
    return _decode(io.BytesIO(data), name, enough)


@functools.cache
def image_formats() -> tuple[str, ...]:
    """Pillow's names of the formats that are read, in the order in which it tries them."""
    Image.init()
    return tuple(name for name in Image.ID if name not in _READ_BY_A_PROGRAM)


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """(height, width) that `decode_image` gives a JPEG, from its head alone; None for what is none, or damaged."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            if image.format != "JPEG":  # it may be one of several pictures in a file (MPO)
                return None
            width, height = image.size
            return (width, height) if _turn(image) in _LYING else (height, width)
    except Exception:
        return None


def _decode(source: Path | io.BytesIO, name: str, enough: tuple[int, int] | None = None) -> np.ndarray:
    # Pillow's format plugins raise a dozen kinds of exceptions on damaged files (OSError, SyntaxError, struct.error,
    # EOFError, IndexError, ...), so that nothing narrower than Exception would hold.
    try:
        with Image.open(source, formats=image_formats()) as image:
            if enough is not None and image.format == "JPEG":
                image.draft(None, enough if _turn(image) in _LYING else enough[::-1])
            image.load()
            return _to_rgb(_upright(image))
    except Exception as error:
        empty = isinstance(source, Path) and os.path.isfile(source) and not os.path.getsize(source)
        raise _refusal(name, _EMPTY if empty else error) from error


def _refusal(name: str, error: Exception | str) -> ImageError:
    reason = error if isinstance(error, str) else _reason(error)
    return ImageError(f"{shown_path(name)}: {reason}")


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, IsADirectoryError):
        return "is a folder, not a picture"
    if isinstance(error, PermissionError):
        return "may not be read (permission denied)"
    if isinstance(error, UnidentifiedImageError):
        return "is not a picture in a format that is read here"
    if isinstance(error, (Image.DecompressionBombError, Image.DecompressionBombWarning)):
        return (
            f"has more pixels than is safe to decode (PIL.Image.MAX_IMAGE_PIXELS = {Image.MAX_IMAGE_PIXELS}); "
            "scale it down, or raise that limit if you trust it"
        )
    return f"cannot be decoded: {in_one_line(error)}"


def _turn(image: Image.Image) -> Image.Transpose | None:
    # A damaged EXIF block is no reason to refuse an intact picture.
    try:
        orientation = image.getexif().get(_EXIF_ORIENTATION)
    except Exception:
        return None
    return _UPRIGHT.get(orientation) if isinstance(orientation, int) else None


def _upright(image: Image.Image) -> Image.Image:
    # Asked after load(): PNG may carry its EXIF behind the pixels, and Pillow's TIFF reader turns the picture itself.
    # Not by ImageOps.exif_transpose: it writes the rest of the EXIF block anew, which a damaged one does not survive, and copies
    # what is upright already.
    method = _turn(image)
    if method is None:
        return image
    turned = image.transpose(method)
    turned.info = dict(image.info)
    return turned


def _to_rgb(image: Image.Image) -> np.ndarray:
    if image.mode == "RGB" and "transparency" not in image.info:
        return np.array(image)
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        return _wide_grey_to_rgb(image)
    if image.mode == "LAB":
        return np.array(_lab_to_rgb(image))
    if image.mode == "La":
        image = image.convert("LA")
    if image.mode in ("RGBA", "RGBa", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, image)
    return np.array(image.convert("RGB"))


def _wide_grey_to_rgb(image: Image.Image) -> np.ndarray:
    grey = np.array(image, dtype=np.float64)
    low, high = float(grey.min()), float(grey.max())
    whites = (1.0, 255.0, 65535.0) if image.mode == "F" else (65535.0,)
    white = next((white for white in whites if low >= 0.0 and high <= white), None)
    if white is None:
        raise ValueError(
            f"greyscale (mode {image.mode}) with values from {low:g} to {high:g}; only 0 to 65535 has a known white: "
            "save the picture with 8 or 16 bits"
        )
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        grey[grey == transparent] = white
    grey = np.rint(grey * (255.0 / white)).astype(np.uint8)
    return np.repeat(grey[:, :, np.newaxis], 3, axis=2)


def _lab_to_rgb(image: Image.Image) -> Image.Image:
    from PIL import ImageCms  # an optional part of Pillow, needed for this one rare mode

    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
    assert converted is not None  # None only with inPlace=True
    return converted
