"""From paths to the pictures in them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from PIL import Image

from bnn_zoo._user_path import user_path

# Pillow recognises these but has no decoder for them; an .h5 file in a folder is far likelier to hold weights.
_FORMATS_WITHOUT_DECODER = {"BUFR", "GRIB", "HDF5", "MPEG"}


def find_images(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Lists the pictures that paths stand for.

    Args:
        paths: files, kept as they are whatever their ending (also those that do not exist, so that `read_image`
            reports them), and folders, replaced by the picture files in them and in their subfolders, sorted.
            Hidden files and folders (.name) inside a folder are passed over.

    Returns:
        The paths, in the order given.
    """
    if isinstance(paths, (str, os.PathLike)):
        paths = [paths]
    found: list[Path] = []
    for path in map(user_path, paths):  # a Path's is_dir would raise where a folder above may not be entered
        found.extend(sorted(path / name for name in image_names(path)) if os.path.isdir(path) else [path])
    return found


def image_names(folder: str | os.PathLike[str]) -> Iterator[str]:
    """The picture files in a folder and its subfolders, as `find_images` finds them: their names below it, with slashes.

    A million names are text of some 50 MB, where as many paths would be a gigabyte.
    """
    yield from _names_below(os.fspath(folder), "", image_endings(), frozenset())


def image_endings() -> frozenset[str]:
    """The file endings, in lower case with their dot, of the formats that Pillow can decode."""
    return frozenset(
        ending
        for ending, format_name in Image.registered_extensions().items()
        if format_name in Image.OPEN and format_name not in _FORMATS_WITHOUT_DECODER
    )


def _names_below(root: str, inside: str, endings: frozenset[str], above: frozenset[str]) -> Iterator[str]:
    # Linked folders are entered, as data sets are often put together from links; a link back up is not.
    folder = os.path.join(root, inside)
    real = os.path.realpath(folder)
    if real in above:
        return
    try:
        entries = [entry for entry in os.scandir(folder) if not entry.name.startswith(".")]
    except OSError:
        yield inside  # its reader reports it, instead of its pictures going missing without a word
        return
    for entry in entries:
        name = f"{inside}/{entry.name}" if inside else entry.name
        if entry.is_dir():
            yield from _names_below(root, name, endings, above | {real})
        elif os.path.splitext(entry.name)[1].lower() in endings:
            yield name
