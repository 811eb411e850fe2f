"""A bar for what takes its time: which network, and how far its measurement is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any


class Bar:
    """Two lines: the networks, and what is measured of the present one. Without a display it does nothing."""

    def __init__(self, display: Any, total: int) -> None:
        self._display = display
        self._networks = display.add_task("networks", total=total)
        self._current = display.add_task("", total=None, visible=False)
        self._started = False

    def next(self, name: str) -> None:
        """A network begins."""
        if self._started:
            self._display.advance(self._networks)
        self._started = True
        self._display.update(self._networks, description=name)

    def start(self, what: str, total: int | None) -> None:
        """A measurement of so many steps begins."""
        self._display.reset(self._current, description=what, total=total, visible=True)

    def advance(self) -> None:
        """One step is done."""
        self._display.advance(self._current)

    def at(self, done: int, total: int) -> None:
        """So many steps are done."""
        self._display.update(self._current, completed=done, total=total)


@contextmanager
def progress_bar(wanted: bool, total: int) -> Iterator[Bar]:
    """A bar on standard error, if it is wanted and there is a terminal or a notebook that can show it."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    # Without ipywidgets rich shows a notebook no bar, and warns of it again and again.
    shown = wanted and (find_spec("ipywidgets") is not None if console.is_jupyter else console.is_terminal)
    with Progress(console=console, disable=not shown, transient=True) as display:
        yield Bar(display, total)
