"""Cells as text: aligned tables, and what to do where a line has no room."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from rich.cells import cell_len


def align(lines: Sequence[Sequence[str]], left: int | Sequence[bool], gap: int = 2) -> str:
    """Lines of cells as an aligned table.

    Args:
        lines: all of one length.
        left: which columns stand to the left, or how many of the first ones; numbers stand to the right.
        gap: spaces between two columns.
    """
    if isinstance(left, int):
        left = [place < left for place in range(len(lines[0]))]
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    padded = ((_padded(cell, width, is_left) for cell, width, is_left in zip(line, widths, left, strict=True)) for line in lines)
    return "\n".join((" " * gap).join(cells).rstrip() for cells in padded)


def _padded(cell: str, width: int, is_left: bool) -> str:
    spaces = " " * (width - cell_len(cell))  # Chinese signs are two wide, an accent of its own none
    return cell + spaces if is_left else spaces + cell


def align_within(lines: Sequence[Sequence[str]], left: Sequence[bool], ranks: Mapping[str, int], width: int, gap: int = 2) -> str:
    """The same without the columns that tell least, as far as the width makes it necessary; they are named below it.

    Args:
        lines: the headings and the cells.
        left: see `align`.
        ranks: by name, how little each column tells: the larger, the earlier it is left out. Those below 2 stay.
        width: how wide the table may be, characters.
        gap: see `align`.
    """
    names, kept = list(ranks), list(range(len(ranks)))
    while True:
        text = align([[line[place] for place in kept] for line in lines], [left[place] for place in kept], gap)
        least = max(kept, key=lambda place: ranks[names[place]])
        if len(kept) < 3 or ranks[names[least]] < 2 or width_of(text) <= width:
            break
        kept.remove(least)
    left_out = ", ".join(name for place, name in enumerate(names) if place not in kept)
    return "\n".join([text, *wrap(f"Left out for lack of room: {left_out}.", width)]) if left_out else text


def align_wrapped(lines: Sequence[Sequence[str]], width: int) -> str:
    """Lines of cells, all to the left; the last one goes on below itself where the line would be too long."""
    *before, _ = (max(map(cell_len, column)) + 2 for column in zip(*lines, strict=True))
    room = max(width - sum(before), 20)
    broken = []
    for *cells, last in lines:
        first, *more = wrap(last, room) or [""]
        broken += [[*cells, first], *([*[""] * len(cells), part] for part in more)]
    return align(broken, left=len(lines[0]))


def wrap(text: str, width: int, indent: str = "") -> list[str]:
    """A text in lines that are not too long, and whose words are whole; from the second line on they are indented."""
    return textwrap.wrap(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def width_of(text: str) -> int:
    """Of the longest line, in characters of a terminal."""
    return max(map(cell_len, text.splitlines()), default=0)
