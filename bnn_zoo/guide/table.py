"""The results as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from bnn_zoo.guide.results import Results, Summary, summarize
from bnn_zoo.guide.variants import EXPERIMENTS, Experiment


def markdown_table(results: Results, experiments: Sequence[Experiment] = EXPERIMENTS) -> str:
    """A row a variant: accuracy as mean and standard deviation over the seeds, and what the variant costs.

    What the guide advises is in bold. Experiments without a finished run are left out.
    """
    rows = [
        "| experiment | variant | top-1 | parameters | of 1 bit | size KiB | MACs, binary | MACs, real |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for experiment in experiments:
        title = experiment.title
        for summary in summarize(results, experiment):
            rows.append(f"| {title} | {_cells(summary)} |")
            title = ""
    return "\n".join(rows)


def caption(results: Results) -> str:
    """What all runs had in common, as a sentence."""
    budget = results.budget
    over = "one seed" if budget.seeds == 1 else f"mean ± standard deviation over {budget.seeds} seeds"
    return (
        f"{results.dataset}: {budget.pictures} training pictures, {budget.epochs} epoch{'s' if budget.epochs > 1 else ''}, "
        f"{budget.batch_size} pictures a step, top-1 on the test split in percent, {over}."
    )


def _cells(summary: Summary) -> str:
    run = summary.runs[0]
    label = f"**{summary.label}**" if summary.advised else summary.label
    cells = (
        label,
        accuracy(summary),
        f"{run.parameters:,}",
        f"{100 * run.parameters_1bit / run.parameters:.0f} %",
        f"{1024 * run.size_mib:.1f}",
        f"{run.macs_binary / 1e6:.1f} M",
        f"{run.macs_real / 1e6:.2f} M",
    )
    return " | ".join(cells)


def accuracy(summary: Summary) -> str:
    """Mean and spread, as in `57.6 ± 0.4`."""
    return f"{summary.mean:.1f}" if summary.spread is None else f"{summary.mean:.1f} ± {summary.spread:.1f}"
