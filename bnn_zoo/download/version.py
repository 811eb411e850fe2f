"""Which version of a file a half downloaded one is of, as the server names it: kept beside it, so that no two are mixed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress

#: Behind the name of a half downloaded file.
_ENDING = ".version"


def version_in(headers: Mapping[str, str]) -> str | None:
    """What an answer calls the version of its file, in the form that If-Range takes; None if it does not say.

    Args:
        headers: of the answer, found whatever their case.
    """
    tag = headers.get("etag", "")
    # A weak tag may be that of two files with other bytes.
    return tag if tag.startswith('"') else headers.get("last-modified")


def is_of_version(headers: Mapping[str, str], version: str) -> bool:
    """Whether an answer is of a version, as far as it says."""
    return headers.get("etag" if version.startswith('"') else "last-modified", version) == version


def version_of(path: str) -> str | None:
    """What `keep_version` kept for a half downloaded file; None if nothing."""
    try:
        with open(path + _ENDING, encoding="latin-1", newline="") as file:
            text = file.read()
    except FileNotFoundError:
        return None
    # It goes into a request's head, where it must not break the line.
    return text if text and text.isprintable() and text == text.strip() else None


def keep_version(path: str, version: str | None) -> None:
    """Keeps the version of the file that `path` is the beginning of; None forgets it.

    Raises:
        OSError: if it cannot be written.
    """
    if version is None:
        with suppress(FileNotFoundError):
            os.unlink(path + _ENDING)
        return
    with open(path + _ENDING, "w", encoding="latin-1", newline="") as file:
        file.write(version)
