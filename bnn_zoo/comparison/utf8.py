"""Texts that UTF-8 can write: a name of a file or folder may be in another encoding."""

from __future__ import annotations


def as_utf8(text: str) -> str:
    """A text with a backslash and digits, as in JSON, for each byte that is no UTF-8."""
    return text.encode(errors="backslashreplace").decode()
