"""The results as a figure: a panel an experiment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnn_zoo._figure import new_figure
from bnn_zoo.guide.results import Results, summarize
from bnn_zoo.guide.table import accuracy, caption
from bnn_zoo.guide.variants import EXPERIMENTS, Experiment

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ADVISED, _OTHER = "#1b6ca8", "#b8572a"
#: Percentage points that a panel shows at least: noise must not look like a result.
_LEAST_RANGE = 4.0


def plot_experiments(results: Results) -> Figure:
    """Draws all experiments, a panel each; the last panel shows the search.

    Args:
        results: of finished runs.

    Returns:
        A matplotlib Figure, 12 by 12 inches: `savefig` writes it, a notebook shows it.

    Raises:
        ImportError: if matplotlib is not installed.
    """
    figure = new_figure("results", figsize=(12, 12), layout="constrained")
    *panels, last = figure.subplots(4, 2).flat
    for axes, experiment in zip(panels, EXPERIMENTS, strict=True):
        _draw_experiment(axes, results, experiment)
    _draw_search(last, results)
    words = f"{caption(results)}\nBlue: what the guide advises."
    figure.suptitle(words, fontsize=10, x=0.01, ha="left", parse_math=False)  # the data's name may have dollar signs
    return figure


def plot_experiment(results: Results, experiment: Experiment) -> Figure:
    """Draws one experiment: all seeds as points, their mean as a line, what the guide advises in blue.

    Args:
        results: of finished runs.
        experiment: which one.

    Returns:
        A matplotlib Figure.

    Raises:
        ImportError: if matplotlib is not installed.
    """
    figure = new_figure("results", figsize=(7, 0.9 + 0.45 * len(experiment.variants)), layout="constrained")
    _draw_experiment(figure.add_subplot(), results, experiment)
    return figure


def _draw_experiment(axes: Any, results: Results, experiment: Experiment) -> None:
    axes.set_title(experiment.title, loc="left", fontsize=10.5, fontweight="bold")
    summaries = summarize(results, experiment)
    for row, summary in enumerate(summaries):
        color = _ADVISED if summary.advised else _OTHER
        axes.plot([summary.mean] * 2, [row - 0.28, row + 0.28], color=color, linewidth=2.5)
        axes.scatter([run.accuracy for run in summary.runs], [row] * len(summary.runs), color=color, alpha=0.6, s=36, zorder=3)
        axes.annotate(accuracy(summary), (1.01, row), xycoords=("axes fraction", "data"), va="center", color=color, fontsize=10)
    axes.set_yticks(range(len(summaries)), [summary.label for summary in summaries])
    for text, summary in zip(axes.get_yticklabels(), summaries, strict=True):
        text.set_color(_ADVISED if summary.advised else _OTHER)
    axes.set_ylim(len(summaries) - 0.4, -0.6)
    low, high = axes.get_xlim()
    missing = max(0.0, _LEAST_RANGE - (high - low)) / 2
    axes.set_xlim(low - missing, high + missing)
    axes.grid(axis="x", alpha=0.3)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _draw_search(axes: Any, results: Results) -> None:
    axes.set_title("The search, on held-out pictures", loc="left", fontsize=10.5, fontweight="bold")
    optimizers = next(experiment for experiment in EXPERIMENTS if experiment.name == "optimizer")
    for label, variant in optimizers.variants.items():
        trials = sorted(results.search(variant.name), key=lambda run: run.settings["learning_rate"])
        rates = [run.settings["learning_rate"] for run in trials]
        axes.plot(rates, [run.accuracy for run in trials], marker="o", label=label)
    axes.set_xscale("log")
    axes.set_xlabel("learning rate (Bop: gamma)")
    axes.set_ylabel("accuracy, percent")
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=9)
