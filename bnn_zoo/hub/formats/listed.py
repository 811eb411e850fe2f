"""Names from a file, in a message."""

from __future__ import annotations

import reprlib
from collections.abc import Sequence

_MOST_NAMES = 5


def listed(names: Sequence[object]) -> str:
    """The first of the names, and how many more there are; what is no text is shown as Python writes it, cut."""
    more = len(names) - _MOST_NAMES
    shown = [f"{name:.100}" if isinstance(name, str) else reprlib.repr(name)[:100] for name in names[:_MOST_NAMES]]
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
