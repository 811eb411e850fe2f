"""Rows and columns as text: for a terminal, as Markdown, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bnn_zoo._table import align, align_within
from bnn_zoo.comparison.column import Column
from bnn_zoo.comparison.row import NetworkRow

if TYPE_CHECKING:
    import pandas


def as_text(rows: Iterable[NetworkRow], columns: Sequence[Column], width: int | None = None) -> str:
    """An aligned table; without the columns that tell least, as far as a width makes it necessary, which are named below it."""
    lines = [[column.heading for column in columns], *([column.cell(row) for column in columns] for row in rows)]
    left = [not column.is_number for column in columns]
    ranks = {column.key: column.rank for column in columns}
    return align(lines, left) if width is None else align_within(lines, left, ranks, width)


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
    return json.dumps(as_values(rows, columns), indent=2)


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
