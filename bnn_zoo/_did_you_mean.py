"""Names that somebody may have meant who wrote one that there is not."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable


def did_you_mean(name: str, known: Iterable[str], otherwise: str, plain: Callable[[str], str] = str) -> str:
    """A sentence for an error.

    Args:
        name: what was written.
        known: the names that there are.
        otherwise: the sentence where none of them is near.
        plain: what is done to names before they are compared.
    """
    names = {plain(entry): entry for entry in known}
    near = [names[match] for match in difflib.get_close_matches(plain(name), list(names), n=3, cutoff=0.5)]
    if not near:
        return otherwise
    *others, last = near
    return f"Did you mean {', '.join(others)} or {last}?" if others else f"Did you mean {last}?"
