"""What an error says, in one line."""

from __future__ import annotations


def in_one_line(error: BaseException, limit: int = 300) -> str:
    """An error's words, to be put into another message.

    Args:
        error: whose words may have line breaks, be very long, or be none: then its kind speaks for it.
        limit: characters; what is longer is cut.
    """
    return " ".join(str(error).split())[:limit] or type(error).__name__
