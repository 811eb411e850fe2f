"""What pictures lie in: a folder or a .zip. Their names, and the bytes behind a name."""

from __future__ import annotations

import lzma
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bnn_zoo._error_words import in_one_line
from bnn_zoo.data.images import ImageError
from bnn_zoo.data.listing import image_endings, image_names, is_folder

_LARGEST_ENTRY = 2**28  # bytes: no single picture needs more, a zip bomb does
# RuntimeError is zipfile's for an encrypted entry, NotImplementedError (a subclass) for an unknown compression.
_UNREADABLE = (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, lzma.LZMAError)


@dataclass(frozen=True)
class Container:
    """Pictures by name; nothing is unpacked to disk.

    Attributes:
        names: of the pictures, with slashes.
        read: from a name to the file's bytes; raises ImageError. May be called from several threads.
        shown: from a name to what an error message calls the picture.
        folders: from a folder's name to the names of the folders in it, hidden ones left out.
    """

    names: list[str]
    read: Callable[[str], bytes]
    shown: Callable[[str], str]
    folders: Callable[[str], list[str]]


def open_container(path: Path) -> Container:
    """Lists the pictures in a folder or a .zip, those of hidden files and folders left out.

    Args:
        path: what exists.

    Raises:
        ValueError: `path` is neither, or a damaged .zip.
        OSError: it may not be read, or a folder in it.
    """
    if path.is_dir():
        return _folder(path)
    if path.is_file():
        path.open("rb").close()  # is_zipfile says of what may not be read that it is none
    if zipfile.is_zipfile(path):
        return _zip(path)
    raise ValueError(
        f"source {str(path)!r} is neither a folder nor a .zip: unpack other archives and pass the folder, with the pictures as "
        "<split>/<class>/<picture> or <class>/<picture>"
    )


def _folder(path: Path) -> Container:
    def shown(name: str) -> str:
        return os.path.join(path, *name.split("/"))

    def read(name: str) -> bytes:
        with open(shown(name), "rb") as file:
            return file.read()

    def folders(parent: str) -> list[str]:
        return [entry.name for entry in os.scandir(shown(parent)) if is_folder(entry) and not entry.name.startswith(".")]

    return Container(sorted(image_names(path, strict=True)), _explaining(read, shown), shown, folders)


def _zip(path: Path) -> Container:
    try:
        archive = zipfile.ZipFile(path)  # closed with the last reference to it
    except zipfile.BadZipFile as error:
        raise ValueError(f"source {str(path)!r} is a damaged .zip: {in_one_line(error)}") from error
    entries = {_tidy(entry.filename): entry for entry in archive.infolist()}

    def shown(name: str) -> str:
        return f"{path}: {name}"

    def read(name: str) -> bytes:
        entry = entries[name]
        if entry.file_size > _LARGEST_ENTRY:
            raise ImageError(f"unpacks to {entry.file_size} bytes; a picture may have {_LARGEST_ENTRY}")
        return archive.read(entry)

    def folders(parent: str) -> list[str]:
        depth = parent.count("/") + 1 if parent else 0
        below = (name.split("/") for name in entries if name.startswith(f"{parent}/" if parent else "") and not _is_hidden(name))
        return sorted({parts[depth] for parts in below if len(parts) > depth + 1})

    return Container(list(_pictures(entries)), _explaining(read, shown), shown, folders)


def _tidy(entry: str) -> str:
    """An entry's name without the ./, the slash at the start and the backslashes that some programs write; a folder's ends in /."""
    parts = entry.replace("\\", "/").split("/")
    return "/".join([*(part for part in parts[:-1] if part not in ("", ".")), parts[-1]])


def _pictures(entries: Iterable[str]) -> Iterator[str]:
    endings = image_endings()
    for entry in entries:
        if not entry.endswith("/") and not _is_hidden(entry) and os.path.splitext(entry)[1].lower() in endings:
            yield entry


def _is_hidden(entry: str) -> bool:
    # macOS adds a second tree of resource forks to its zips.
    parts = entry.split("/")
    return parts[0] == "__MACOSX" or any(part.startswith(".") for part in parts)


def _explaining(read: Callable[[str], bytes], shown: Callable[[str], str]) -> Callable[[str], bytes]:
    def explained(name: str) -> bytes:
        try:
            return read(name)
        except ImageError as error:
            raise ImageError(f"{shown(name)}: {error}") from error
        except _UNREADABLE as error:
            raise ImageError(f"{shown(name)}: cannot be read: {in_one_line(error)}") from error

    return explained
