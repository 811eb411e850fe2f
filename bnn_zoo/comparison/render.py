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


def as_text(rows: Iterable[NetworkRow], columns: Sequence[Column]) -> str:
    """An aligned table, without line breaks in it however wide it is."""
    lines = [[column.heading for column in columns], *([column.cell(row) for column in columns] for row in rows)]
    return align(lines, [not column.is_number for column in columns])


def as_narrow_text(rows: Iterable[NetworkRow], columns: Sequence[Column], width: int) -> str:
    """The same without the columns that tell least, as far as the width makes it necessary; they are named below it."""
    rows, columns = tuple(rows), list(columns)
    left_out: list[Column] = []
    while True:
        text = as_text(rows, columns)
        least = max(columns, key=lambda column: column.rank)
        if len(columns) < 3 or least.rank < 2 or max(map(len, text.splitlines())) <= width:
            break
        columns.remove(least)
        left_out.insert(0, least)
    if not left_out:
        return text
    names = ", ".join(column.key for column in left_out)
    return "\n".join([text, *textwrap.wrap(f"Left out for lack of room: {names}.", width)])


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
