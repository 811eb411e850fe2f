"""The advice on building BNNs, measured: small experiments of equal budget, and what they gave.

`variants` holds the experiments as data, `network` the one network whose switches they turn, `budget` what every run gets. `run`
runs them, `results` holds what came out, `table` and `plots` show it. results.json is what comes with the package.
"""

from __future__ import annotations

from bnn_zoo.guide.budget import Budget
from bnn_zoo.guide.network import build_network
from bnn_zoo.guide.plots import plot_experiment, plot_experiments
from bnn_zoo.guide.results import Results, read_results, summarize
from bnn_zoo.guide.run import run_experiments
from bnn_zoo.guide.table import caption, markdown_table
from bnn_zoo.guide.variants import EXPERIMENTS, Experiment, Variant

__all__ = [
    "EXPERIMENTS",
    "Budget",
    "Experiment",
    "Results",
    "Variant",
    "build_network",
    "caption",
    "markdown_table",
    "plot_experiment",
    "plot_experiments",
    "read_results",
    "run_experiments",
    "summarize",
]
