"""Table and figure of the results in the README. `python -m bnn_zoo.guide.readme README.md` writes both anew."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from bnn_zoo.comparison.readme_table import put_between
from bnn_zoo.guide.plots import plot_experiments
from bnn_zoo.guide.results import PACKAGED, read_results
from bnn_zoo.guide.table import caption, markdown_table

BEGIN, END = "<!-- guide: begin -->", "<!-- guide: end -->"

#: The figure, from the README's folder.
FIGURE = "notebooks/guide.png"


def put_results(text: str) -> str:
    """A README's text with what was measured between its two marks.

    Raises:
        FileNotFoundError: if the package comes without results.
        ValueError: if the marks are not there.
    """
    results = read_results()
    content = f"{caption(results)}\n\n{markdown_table(results)}\n\n![The same as a figure: a panel an experiment]({FIGURE})"
    return put_between(text, BEGIN, END, content)


def results_hash() -> str:
    """The sha256 of the packaged results, which the figure carries, so that an old one can be told."""
    return hashlib.sha256(PACKAGED.read_bytes()).hexdigest()


if __name__ == "__main__":
    readme = Path(sys.argv[1])
    readme.write_text(put_results(readme.read_text(encoding="utf-8")), encoding="utf-8")
    plot_experiments(read_results()).savefig(readme.parent / FIGURE, dpi=80, metadata={"Source": results_hash()})
