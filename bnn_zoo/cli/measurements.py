"""What `bench` and `train-bench` show."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Annotated, Any, Literal

import typer

from bnn_zoo._table import align, align_within
from bnn_zoo.cli.terminal import terminal_width

Format = Annotated[Literal["table", "csv", "json"], typer.Option("--format", help="Of the output.")]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON, as --format json.")]


def chosen_form(form: str, as_json: bool) -> str:
    """What --format and --json say together.

    Raises:
        ValueError: if they contradict each other.
    """
    if as_json and form == "csv":
        raise ValueError("--format csv and --json: give one of the two.")
    return "json" if as_json else form


def show_rows(rows: Sequence[Any], form: str, ranks: Mapping[str, int]) -> None:
    """Prints data classes of one kind; a table goes without columns that a terminal has no room for.

    Args:
        rows: at least one.
        form: "table", "csv" or "json".
        ranks: by field, how little it tells: the larger, the earlier it is left out. Fields that are not named stay.
    """
    width = terminal_width()
    if form != "table" or width is None:
        print(format_rows(rows, form))
        return
    lines, words = _cells(rows)
    print(align_within(lines, words, {name: ranks.get(name, 1) for name in lines[0]}, width))


def format_rows(rows: Sequence[Any], form: str = "table") -> str:
    """Writes data classes of one kind.

    Args:
        rows: instances of one data class.
        form: "table", "csv" or "json".
    """
    if form == "json":
        return json.dumps([asdict(row) for row in rows], indent=2)
    if not rows:
        return ""
    lines, words = _cells(rows)
    if form == "csv":
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(lines)
        return text.getvalue().rstrip("\n")
    return align(lines, words)


def _cells(rows: Sequence[Any]) -> tuple[list[list[str]], list[bool]]:
    """The names of the fields and the cells of each row; and which columns hold words."""
    names = [entry.name for entry in fields(rows[0])]
    cells = [[_cell(value) for value in asdict(row).values()] for row in rows]
    columns = zip(*(asdict(row).values() for row in rows), strict=True)
    return [names, *cells], [any(isinstance(value, str) for value in column) for column in columns]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if isinstance(value, float) else str(value)
