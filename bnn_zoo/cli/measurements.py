"""What `bench` and `train-bench` show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import typer

from bnn_zoo._rows import format_rows, table_of
from bnn_zoo._table import align_within
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
    lines, words = table_of(rows)
    print(align_within(lines, words, {name: ranks.get(name, 1) for name in lines[0]}, width))
