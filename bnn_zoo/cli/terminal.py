"""The terminal: where output goes, and what warnings look like there."""

from __future__ import annotations

import warnings

from rich.console import Console

from bnn_zoo._startup import load_tensorflow as load_tensorflow

console = Console()
errors = Console(stderr=True)


def show_warnings() -> None:
    """Warnings of this package as single lines."""
    warnings.showwarning = lambda message, *_args, **_options: errors.print(f"bnn-zoo: {message}", style="yellow", highlight=False)


def terminal_width() -> int | None:
    """Characters of a line; None where output goes elsewhere, and may be as wide as it is."""
    return console.width if console.is_terminal else None
