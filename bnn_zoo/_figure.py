"""Figures: the one way to matplotlib, which is loaded when something is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def check_matplotlib(what: str) -> None:
    """Sees to it that something can be drawn, before it is measured.

    Args:
        what: in words, for the message below.

    Raises:
        ImportError: if matplotlib is not installed.
    """
    try:
        import bnn_zoo._shown_figure  # noqa: F401
    except ImportError as error:
        raise ImportError(f"drawing {what} needs matplotlib: pip install matplotlib") from error


def new_figure(what: str, **options: Any) -> Figure:
    """An empty figure that notebooks show and `savefig` writes.

    Args:
        what: see `check_matplotlib`.
        options: of a matplotlib Figure.

    Raises:
        ImportError: if matplotlib is not installed.
    """
    check_matplotlib(what)
    from bnn_zoo._shown_figure import ShownFigure

    return ShownFigure(**options)
