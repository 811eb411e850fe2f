"""An error's words, to be put into another message."""

from __future__ import annotations


def in_one_line(error: BaseException, limit: int = 300) -> str:
    """All of an error's words.

    Args:
        error: whose words may have line breaks, be very long, or be none: then its kind speaks for it.
        limit: characters; what is longer is cut.
    """
    return " ".join(str(error).split())[:limit] or type(error).__name__


def first_line(error: BaseException) -> str:
    """The first line of an error's words, since backends and TensorFlow add pages of details; empty where it has none."""
    return str(error).partition("\n")[0]
