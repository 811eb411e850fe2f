"""The table of networks in the README. `python -m bnn_zoo.comparison.readme_table README.md` writes it anew."""

from __future__ import annotations

import sys
from pathlib import Path

from bnn_zoo.models import architectures
from bnn_zoo.models.figures import figures_of

BEGIN, END = "<!-- networks: begin -->", "<!-- networks: end -->"


def markdown_table() -> str:
    """One row a network: paper, parameters, size, operations, reported accuracy."""
    rows = [
        "| network | paper | parameters | of 1 bit | size MiB | in float32 | MACs | binary | top-1, reported |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, entry in architectures().items():
        figures = figures_of(name)
        top1 = "–"
        for reported in entry.published[:1]:
            top1 = f"{reported.top1:.1f} %{'' if reported.dataset == 'imagenet' else ' CIFAR-10'} ({reported.source})"
        rows.append(
            f"| `{entry.factory}` | [{entry.paper.arxiv}]({entry.paper.url}), {entry.paper.year} "
            f"| {figures.parameters / 1e6:.1f} M | {100 * figures.parameters_1bit / figures.parameters:.0f} % "
            f"| {figures.size_mib:.2f} | {figures.float_size_mib:.1f} "
            f"| {figures.macs / 1e9:.2f} G | {figures.binary_share:.0f} % | {top1} |"
        )
    return "\n".join(rows)


def put_table(text: str) -> str:
    """A README's text with the current table between its two marks.

    Raises:
        ValueError: if the marks are not there.
    """
    return put_between(text, BEGIN, END, markdown_table())


def put_between(text: str, begin: str, end: str, content: str) -> str:
    """A text with other content between two marks, each on a line of its own.

    Raises:
        ValueError: if the marks are not there.
    """
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"the text needs the marks {begin} and {end}.")
    return f"{before}{begin}\n{content}\n{end}{after}"


if __name__ == "__main__":
    readme = Path(sys.argv[1])
    readme.write_text(put_table(readme.read_text(encoding="utf-8")), encoding="utf-8")
