"""From paths to the pictures in them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from PIL import Image

from bnn_zoo._user_path import user_path
from bnn_zoo.data.images import image_formats

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


def image_names(folder: str | os.PathLike[str], strict: bool = False) -> Iterator[str]:
    """The picture files in a folder and its subfolders, as `find_images` finds them: their names below it, with slashes.

    A million names are text of some 50 MB, where as many paths would be a gigabyte.

    Args:
        folder: to look in.
        strict: raises where a folder cannot be listed. Otherwise its own name stands for it, so that its reader reports it instead
            of its pictures going missing without a word.

    Raises:
        OSError: likewise.
    """
    yield from _names_below(os.fspath(folder), "", image_endings(), strict, frozenset())


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether what lies in a folder is one, also by a link. What cannot be found out is none: its reader says why."""
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, or into a folder that may not be entered
        return False


def image_endings() -> frozenset[str]:
    """The file endings, in lower case with their dot, of the formats that Pillow can decode."""
    known = set(image_formats()) - _FORMATS_WITHOUT_DECODER
    return frozenset(ending for ending, format_name in Image.registered_extensions().items() if format_name in known)


def _names_below(root: str, inside: str, endings: frozenset[str], strict: bool, above: frozenset[str]) -> Iterator[str]:
    # Linked folders are entered, as data sets are often put together from links; a link back up is not.
    folder = os.path.join(root, inside)
    real = os.path.realpath(folder)
    if real in above:
        return
    try:
        entries = [entry for entry in os.scandir(folder) if not entry.name.startswith(".")]
    except OSError:
        if strict:
            raise
        yield inside
        return
    for entry in entries:
        name = f"{inside}/{entry.name}" if inside else entry.name
        if is_folder(entry):
            yield from _names_below(root, name, endings, strict, above | {real})
        elif os.path.splitext(entry.name)[1].lower() in endings:
            yield name
