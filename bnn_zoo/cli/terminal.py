"""The terminal: where output goes, and what warnings look like there."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console

from bnn_zoo._table import wrap
from bnn_zoo.cli import Stopped

#: Characters of a line where nobody looks at it: what reads a pipe, such as grep, wants each row in one.
_UNFOLDED = 10_000


def _console(stderr: bool = False) -> Console:
    made = Console(stderr=stderr)
    if not made.is_terminal and not os.environ.get("COLUMNS", "").isdigit():
        made.width = _UNFOLDED
    return made


console = _console()
errors = _console(stderr=True)


def show_warnings() -> None:
    """Warnings of this package as single lines."""
    warnings.showwarning = lambda message, *_args, **_options: errors.print(
        f"bnn-zoo: {message}", style="yellow", highlight=False, markup=False, soft_wrap=True
    )


def terminal_width() -> int | None:
    """Characters of a line; None where output goes elsewhere, and may be as wide as it is."""
    return console.width if console.is_terminal else None


def show_fields(rows: Iterable[tuple[str, str]]) -> None:
    """Titles, and to their right what they have; addresses and paths stay whole, to be copied."""
    rows = list(rows)
    left = max(len(title) for title, _ in rows) + 3
    for title, value in rows:
        first, *more = wrap(value, max(console.width - left, 20)) or [""]
        for line in (f" {title}".ljust(left) + first, *(" " * left + line for line in more)):
            console.print(line, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def stops_and_goes_on() -> Iterator[None]:
    """For work that writes down how far it is: Ctrl-C is told what starts it again."""
    try:
        yield
    except KeyboardInterrupt:
        raise Stopped("The same command goes on from the last checkpoint.") from None
