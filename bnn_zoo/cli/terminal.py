"""The terminal: where output goes, and what warnings look like there."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from bnn_zoo._startup import load_tensorflow as load_tensorflow

console = Console()
errors = Console(stderr=True)


def show_warnings() -> None:
    """Warnings of this package as single lines."""
    warnings.showwarning = lambda message, *_args, **_options: errors.print(
        f"bnn-zoo: {message}", style="yellow", highlight=False, markup=False, soft_wrap=True
    )


def terminal_width() -> int | None:
    """Characters of a line; None where output goes elsewhere, and may be as wide as it is."""
    return console.width if console.is_terminal else None


#: What shells give a command that Ctrl-C stopped: 128 and the number of the signal.
INTERRUPTED = 130


@contextmanager
def stops_and_goes_on() -> Iterator[None]:
    """For work that writes down how far it is: Ctrl-C is told what starts it again."""
    try:
        yield
    except KeyboardInterrupt:
        errors.print("bnn-zoo: stopped. The same command goes on from the last checkpoint.", highlight=False)
        raise typer.Exit(INTERRUPTED) from None
