"""What an error says first: backends and TensorFlow add pages of details."""

from __future__ import annotations


def first_line(error: BaseException) -> str:
    """The first line of an error's words; empty where it has none."""
    return str(error).partition("\n")[0]
