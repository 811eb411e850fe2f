"""Runs the experiments; what is finished is not done again."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace

from bnn_zoo._user_path import user_path
from bnn_zoo.data.datasets import default_name
from bnn_zoo.guide.budget import SEARCH, Budget
from bnn_zoo.guide.finished import Job, all_finished, find_finished
from bnn_zoo.guide.one_run import Pictures, do_run, load_pictures
from bnn_zoo.guide.report import write_report
from bnn_zoo.guide.results import Results, Run, write_results
from bnn_zoo.guide.variants import BASELINE, EXPERIMENTS, Variant
from bnn_zoo.training.claim import claim_folder
from bnn_zoo.training.recipe import Optimizer

#: Of the runs of the search.
_SEARCH_SEED = 1


def run_experiments(
    data: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    budget: Budget | None = None,
    only: int | None = None,
    dataset_name: str | None = None,
    report: Callable[[str], None] = lambda text: None,
) -> Results:
    """Runs all variants with all seeds, after a search for the settings of each optimizer.

    The search is scored on held-out training pictures. The experiments are scored on the test split, each run once, at its end, and
    nothing is chosen by that.

    Args:
        data: what `load_dataset` takes, with the splits "train" and "test".
        out: folder for the runs, and for results.json, results.md and results.png. What was stopped, in whatever way, goes on when
            started again.
        budget: of every run.
        only: number of the one experiment to run, from 1.
        dataset_name: what the results call the data; see `default_name` for what they call it if not given.
        report: called with a line before each run.

    Returns:
        All finished runs of the folder, those of other experiments too.

    Raises:
        ValueError: if `only` is no experiment, `out` holds runs of another budget or other data, or the data do not suffice.
    """
    check_only(only)
    folder, budget = user_path(out), budget or Budget()
    name = dataset_name or default_name(data)
    grid = {"dataset": name, **asdict(budget)}
    claim = functools.partial(claim_folder, folder / "grid.json", grid, "runs of another budget or other data")
    claim(write=False)
    variants = variants_of(only)
    optimizers = optimizers_of(variants)
    total = sum(len(SEARCH[optimizer]) for optimizer in optimizers) + len(variants) * budget.seeds
    begun = 0

    @functools.cache
    def pictures() -> Pictures:
        found = load_pictures(data, budget)
        claim()  # not before: data that cannot be read must not bar the folder to those that can
        return found

    def finish(job: Job) -> Run:
        nonlocal begun
        begun += 1
        if (finished := find_finished(folder, job)) is not None:
            return finished
        loaded = pictures()
        report(f"run {begun} of {total}: {job.name}")
        return do_run(folder, job, budget, loaded)

    chosen = _search(optimizers, finish)
    # Seeds outside, variants inside: a grid that is stopped early has something of every variant.
    for seed in range(1, budget.seeds + 1):
        for variant in variants:
            finish(Job(variant, chosen[variant.optimizer], seed, "test"))
    results = Results(name, budget, all_finished(folder))
    write_results(results, folder / "results.json")
    write_report(results, folder)
    return results


def check_only(only: int | None) -> None:
    """Whether there is such an experiment.

    Raises:
        ValueError: if there is none of this number.
    """
    if only is not None and not 1 <= only <= len(EXPERIMENTS):
        raise ValueError(f"only is {only}; the experiments are numbered from 1 to {len(EXPERIMENTS)}.")


def variants_of(only: int | None = None) -> list[Variant]:
    """The variants of all experiments, or of one; each once, however many experiments share it."""
    experiments = EXPERIMENTS if only is None else EXPERIMENTS[only - 1 : only]
    return list(dict.fromkeys(variant for experiment in experiments for variant in experiment.variants.values()))


def optimizers_of(variants: list[Variant]) -> list[Optimizer]:
    """The optimizers whose settings are searched: Adam's first, since it trains the other weights beside all binary kernels."""
    return list(dict.fromkeys(["adam", *(variant.optimizer for variant in variants)]))


def _search(optimizers: list[Optimizer], finish: Callable[[Job], Run]) -> dict[Optimizer, Mapping[str, float]]:
    chosen: dict[Optimizer, Mapping[str, float]] = {}
    for optimizer in optimizers:
        rest = {} if optimizer == "adam" else {"real_learning_rate": chosen["adam"]["learning_rate"]}
        baseline = replace(BASELINE, optimizer=optimizer)
        runs = [finish(Job(baseline, {**tried, **rest}, _SEARCH_SEED, "held_out")) for tried in SEARCH[optimizer]]
        chosen[optimizer] = max(runs, key=lambda run: run.accuracy).settings
    return chosen
