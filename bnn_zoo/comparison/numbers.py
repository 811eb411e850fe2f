"""Numbers as people read them. Importing this costs nothing, so that `bnn-zoo list` stays quick."""

from __future__ import annotations

from collections.abc import Iterable


def short(count: float) -> str:
    """A large number in three or four digits: 11.70 M."""
    text = f"{count:.0f}"
    for unit, letter in ((1e3, "k"), (1e6, "M"), (1e9, "G")):
        if float(text.split()[0]) < 1000:  # as it is rounded: 999,999 is 1.00 M
            break
        text = f"{count / unit:.2f} {letter}"
    return text


def one_place(value: float) -> str:
    return f"{value:.1f}"


def two_places(value: float) -> str:
    return f"{value:.2f}"


def whole(value: float) -> str:
    return f"{value:.0f}"


def extents(shape: Iterable[int]) -> str:
    """How far a picture or a tensor goes each way: 56x56x64."""
    return "x".join(map(str, shape))
