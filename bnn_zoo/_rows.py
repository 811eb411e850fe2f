"""Rows of data as a table, CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from bnn_zoo._table import align

FORMATS = ("table", "csv", "json")


def format_rows(rows: Sequence[Any], form: str = "table") -> str:
    """Writes data classes of one kind.

    Args:
        rows: instances of one data class.
        form: "table", "csv" or "json".

    Raises:
        ValueError: for another form.
    """
    if form not in FORMATS:
        raise ValueError(f"format is {form!r}; it must be one of {', '.join(FORMATS)}.")
    if form == "json":
        return json.dumps([asdict(row) for row in rows], indent=2)
    if not rows:
        return ""
    lines, words = table_of(rows)
    if form == "csv":
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(lines)
        return text.getvalue().rstrip("\n")
    return align(lines, words)


def table_of(rows: Sequence[Any]) -> tuple[list[list[str]], list[bool]]:
    """The names of the fields and the cells of each row; and which columns hold words."""
    names = [entry.name for entry in fields(rows[0])]
    cells = [[_cell(value) for value in asdict(row).values()] for row in rows]
    columns = zip(*(asdict(row).values() for row in rows), strict=True)
    return [names, *cells], [any(isinstance(value, str) for value in column) for column in columns]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if isinstance(value, float) else str(value)
