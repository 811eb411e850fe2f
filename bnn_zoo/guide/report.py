"""The results as files for people: a table and a figure."""

from __future__ import annotations

from pathlib import Path

from bnn_zoo._caller import warn_caller
from bnn_zoo._whole_file import write_text_whole, write_whole
from bnn_zoo.guide.plots import plot_experiments
from bnn_zoo.guide.results import Results
from bnn_zoo.guide.table import caption, markdown_table


def write_report(results: Results, folder: Path) -> None:
    """Writes results.md and results.png; without matplotlib there is a warning in place of the figure.

    Raises:
        OSError: if they cannot be written.
    """
    write_text_whole(folder / "results.md", f"{markdown_table(results)}\n\n{caption(results)}\n")
    try:
        figure = plot_experiments(results)
    except ImportError as error:
        warn_caller(f"no figure: {error}")
        return
    write_whole(folder / "results.png", lambda part: figure.savefig(part, dpi=120))
