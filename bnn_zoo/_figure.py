"""Figures: the one way to matplotlib, which is loaded when something is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def new_figure(what: str, **options: Any) -> Figure:
    """An empty figure that notebooks show and `savefig` writes.

    Args:
        what: is to be drawn, in words, for the message below.
        options: of a matplotlib Figure.

    Raises:
        ImportError: if matplotlib is not installed.
    """
    try:
        from bnn_zoo._shown_figure import ShownFigure
    except ImportError as error:
        raise ImportError(f"drawing {what} needs matplotlib: pip install matplotlib") from error
    return ShownFigure(**options)
