"""Rows and columns as text: for a terminal, as Markdown, as JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bnn_zoo.comparison.column import Column
from bnn_zoo.comparison.row import NetworkRow

if TYPE_CHECKING:
    import pandas


def align(lines: Sequence[Sequence[str]], left: int | Sequence[bool]) -> str:
    """Lines of cells as an aligned table.

    Args:
        lines: all of one length.
        left: which columns stand to the left, or how many of the first ones; numbers stand to the right.
    """
    if isinstance(left, int):
        left = [place < left for place in range(len(lines[0]))]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = (
        (cell.ljust(width) if is_left else cell.rjust(width) for cell, width, is_left in zip(line, widths, left, strict=True))
        for line in lines
    )
    return "\n".join("  ".join(cells).rstrip() for cells in padded)


def align_within(lines: Sequence[Sequence[str]], left: Sequence[bool], ranks: Mapping[str, int], width: int) -> str:
    """The same without the columns that tell least, as far as the width makes it necessary; they are named below it.

    Args:
        lines: the headings and the cells.
        left: see `align`.
        ranks: by name, how little each column tells: the larger, the earlier it is left out. Those below 2 stay.
        width: how wide the table may be, characters.
    """
    names, kept = list(ranks), list(range(len(ranks)))
    while True:
        text = align([[line[place] for place in kept] for line in lines], [left[place] for place in kept])
        least = max(kept, key=lambda place: ranks[names[place]])
        if len(kept) < 3 or ranks[names[least]] < 2 or width_of(text) <= width:
            break
        kept.remove(least)
    left_out = ", ".join(name for place, name in enumerate(names) if place not in kept)
    return "\n".join([text, *wrap(f"Left out for lack of room: {left_out}.", width)]) if left_out else text


def align_wrapped(lines: Sequence[Sequence[str]], width: int) -> str:
    """Lines of cells, all to the left; the last one goes on below itself where the line would be too long."""
    *before, _ = (max(map(len, column)) + 2 for column in zip(*lines, strict=True))
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
    """Characters of the longest line."""
    return max(map(len, text.splitlines()), default=0)


def as_text(rows: Iterable[NetworkRow], columns: Sequence[Column]) -> str:
    """An aligned table, without line breaks in it however wide it is."""
    lines = [[column.heading for column in columns], *([column.cell(row) for column in columns] for row in rows)]
    return align(lines, [not column.is_number for column in columns])


def as_narrow_text(rows: Iterable[NetworkRow], columns: Sequence[Column], width: int) -> str:
    """The same without the columns that tell least, as far as the width makes it necessary; they are named below it."""
    lines = [[column.heading for column in columns], *([column.cell(row) for column in columns] for row in rows)]
    ranks = {column.key: column.rank for column in columns}
    return align_within(lines, [not column.is_number for column in columns], ranks, width)


def as_markdown(rows: Iterable[NetworkRow], columns: Sequence[Column]) -> str:
    """A Markdown table, numbers to the right."""
    lines = [[column.heading for column in columns], ["--:" if column.is_number else "---" for column in columns]]
    lines += [[column.cell(row).replace("|", r"\|") for column in columns] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def as_values(rows: Iterable[NetworkRow], columns: Sequence[Column]) -> dict[str, Any]:
    """What JSON holds: what the columns mean, then each network's values."""
    about = [
        {"key": column.key, "title": column.title, "unit": column.unit, "better": column.better, "explain": column.explain}
        for column in columns
    ]
    values = [{**{column.key: column.value(row) for column in columns}, "notes": list(row.notes)} for row in rows]
    return {"columns": about, "networks": values}


def as_json(rows: Iterable[NetworkRow], columns: Sequence[Column]) -> str:
    """The same as a text."""
    return json.dumps(as_values(rows, columns), indent=2, ensure_ascii=False)


def as_data_frame(rows: Sequence[dict[str, Any]], explain: Mapping[str, str] | None = None) -> pandas.DataFrame:
    """A data frame with the rows' names as index.

    Args:
        rows: values by column, "name" among them.
        explain: what the columns mean, for its `attrs`.

    Raises:
        ImportError: if pandas is not installed.
    """
    try:
        import pandas
    except ImportError as error:
        raise ImportError('to_dataframe needs pandas: pip install "bnn-zoo[compare]"') from error
    frame = pandas.DataFrame(list(rows)).set_index("name")
    frame.attrs = dict(explain or {})
    return frame
