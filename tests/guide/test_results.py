"""Results are read as they were written; mean, spread, table and figure follow from them."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path

import pytest

from bnn_zoo.guide.budget import Budget
from bnn_zoo.guide.plots import plot_experiment, plot_experiments
from bnn_zoo.guide.results import Results, Run, mean_and_spread, read_results, summarize, write_results
from bnn_zoo.guide.run import variants_of
from bnn_zoo.guide.table import caption, markdown_table
from bnn_zoo.guide.variants import EXPERIMENTS


def run(variant: str, seed: int, accuracy: float, scored_on: str = "test", rate: float = 0.004) -> Run:
    return Run(variant, seed, {"learning_rate": rate}, scored_on, accuracy, 50.0, 1.5, 1000, 900, 0.5, 2_000_000, 30_000)


@pytest.fixture
def invented() -> Results:
    """Made-up numbers: variant i has 10 + i, 20 + i and 60 + i percent."""
    runs = [run(v.name, seed, base + i) for i, v in enumerate(variants_of()) for seed, base in enumerate((10.0, 20.0, 60.0), 1)]
    trials = [run("baseline", 1, 30.0 + rate, "held_out", rate) for rate in (0.001, 0.004, 0.016)]
    return Results("made up", Budget(), (*trials, *runs))


def test_mean_and_spread() -> None:
    mean, spread = mean_and_spread([10.0, 20.0, 60.0])
    assert (mean, spread) == (30.0, pytest.approx(26.4575, abs=1e-3))
    assert mean_and_spread([57.0]) == (57.0, None)


def test_a_summary_takes_test_runs_only_and_leaves_out_what_was_not_run(invented: Results) -> None:
    first = summarize(invented, EXPERIMENTS[0])
    assert [(row.label, row.mean, row.advised) for row in first[:2]] == [
        ("both in full precision", 30.0, True),
        ("first binary", 31.0, False),
    ]
    assert all(len(row.runs) == 3 for row in first)
    few = dataclasses.replace(invented, runs=(run("shortcuts-none", 1, 40.0),))
    assert [row.label for row in summarize(few, EXPERIMENTS[2])] == ["none"]
    assert summarize(few, EXPERIMENTS[6]) == []


def test_results_are_read_as_they_were_written(invented: Results, tmp_path: Path) -> None:
    for results in (invented, dataclasses.replace(invented, runs=())):
        write_results(results, tmp_path / "results.json")
        assert read_results(tmp_path / "results.json") == results
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


@pytest.mark.parametrize("damage", ["cut", "unknown field", "no budget", "a list"])
def test_damaged_results_are_refused(invented: Results, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "results.json"
    write_results(invented, path)
    content = json.loads(path.read_text())
    if damage == "cut":
        path.write_text(path.read_text()[:-20])
    elif damage == "unknown field":
        content["runs"][0]["colour"] = "blue"
        path.write_text(json.dumps(content))
    elif damage == "no budget":
        del content["budget"]
        path.write_text(json.dumps(content))
    else:
        path.write_text("[]")
    with pytest.raises(ValueError, match="holds no results"):
        read_results(path)


def test_results_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="bnn-zoo guide"):
        read_results(tmp_path / "results.json")


def test_the_table_has_a_row_a_variant_with_what_it_costs(invented: Results) -> None:
    lines = markdown_table(invented).splitlines()
    assert len(lines) == 2 + sum(len(experiment.variants) for experiment in EXPERIMENTS)
    assert "**both in full precision** | 30.0 ± 26.5 | 1,000 | 90 % | 512.0 | 2.0 M | 0.03 M |" in lines[2]
    assert lines[3].startswith("|  | first binary | 31.0")
    assert len({line.count("|") for line in lines}) == 1
    single = dataclasses.replace(invented, runs=(run("baseline", 1, 40.0),))
    assert "| 40.0 |" in markdown_table(single) and "first binary" not in markdown_table(single)
    assert "made up: 16000 training pictures, 5 epochs" in caption(invented)


def test_the_figure_has_a_panel_an_experiment_with_every_seed(invented: Results) -> None:
    figure = plot_experiments(invented)
    *panels, search = figure.axes
    assert [panel.get_title(loc="left") for panel in panels] == [
        f"{number}. {experiment.question}" for number, experiment in enumerate(EXPERIMENTS, 1)
    ]
    for panel, experiment in zip(panels, EXPERIMENTS, strict=True):
        assert [text.get_text() for text in panel.get_yticklabels()] == list(experiment.variants)
        assert sum(len(points.get_offsets()) for points in panel.collections) == 3 * len(experiment.variants)
        assert panel.get_xlim()[1] - panel.get_xlim()[0] >= 4.0
    assert list(search.lines[0].get_xdata()) == [0.001, 0.004, 0.016]


def test_dollar_signs_of_the_datas_name_are_no_formula(invented: Results) -> None:
    figure = plot_experiments(dataclasses.replace(invented, dataset=r"a $\frac{ $ b"))
    figure.savefig(io.BytesIO(), dpi=30)
    assert figure.get_suptitle().startswith(r"a $\frac{ $ b: 16000")


def test_a_panel_and_a_table_of_one_experiment(invented: Results) -> None:
    (panel,) = plot_experiment(invented, EXPERIMENTS[4]).axes
    assert panel.get_title(loc="left") == EXPERIMENTS[4].title
    assert len(markdown_table(invented, EXPERIMENTS[4:5]).splitlines()) == 4


def test_the_figure_of_one_run_is_drawn(invented: Results) -> None:
    figure = plot_experiments(dataclasses.replace(invented, runs=(run("baseline", 1, 40.0),)))
    figure.savefig(io.BytesIO(), dpi=30)
    low, high = figure.axes[0].get_xlim()
    assert high - low >= 4.0 and low < 40.0 < high


def test_the_packaged_results_are_whole() -> None:
    """All experiments, all seeds, one budget; and the best of what was searched lies within the range that was searched."""
    results = read_results()
    assert results.budget == Budget()
    for experiment in EXPERIMENTS:
        for summary in summarize(results, experiment):
            assert [one.seed for one in summary.runs] == [1, 2, 3]
        assert len(summarize(results, experiment)) == len(experiment.variants)
    optimizers = next(experiment for experiment in EXPERIMENTS if experiment.name == "optimizer")
    for variant in optimizers.variants.values():
        trials = sorted(results.search(variant.name), key=lambda one: one.settings["learning_rate"])
        best = max(range(len(trials)), key=lambda index: trials[index].accuracy)
        assert 0 < best < len(trials) - 1
        assert {one.settings["learning_rate"] for one in results.of(variant.name)} == {trials[best].settings["learning_rate"]}
