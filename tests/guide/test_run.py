"""A tiny grid from end to end, and what happens when it is stopped."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bnn_zoo.guide import one_run, run
from bnn_zoo.guide.budget import Budget
from bnn_zoo.guide.finished import Job
from bnn_zoo.guide.results import read_results
from bnn_zoo.guide.run import run_experiments
from bnn_zoo.guide.table import caption
from bnn_zoo.guide.variants import BASELINE

TINY = Budget(pictures=24, held_out=8, epochs=1, batch_size=8, seeds=2)
TRIALS = ["search+baseline+learning_rate-0.001", "search+baseline+learning_rate-0.01"]
RUNS = [f"{variant}+seed-{seed}" for seed in (1, 2) for variant in ("baseline", "widening-repeat")]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes, dark and bright, of 32x32 pixels: 40 to train on, 6 to test."""
    root = tmp_path_factory.mktemp("shades")
    rng = np.random.default_rng(0)
    for split, count in (("train", 20), ("test", 3)):
        for name, base in (("bright", 200), ("dark", 20)):
            (root / split / name).mkdir(parents=True)
            for index in range(count):
                picture = (base + rng.integers(0, 30, (32, 32, 3))).astype("uint8")
                Image.fromarray(picture).save(root / split / name / f"{index:02}.png")
    return root


@pytest.fixture(autouse=True)
def short_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "SEARCH", {"adam": ({"learning_rate": 0.001}, {"learning_rate": 0.01})})


@pytest.fixture(scope="module")
def grid(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], Any]:
    """Experiment 5, stopped before its third run and started again: its folder, what was begun, the results."""
    out, begun = tmp_path_factory.mktemp("grid"), []
    patch = pytest.MonkeyPatch()
    patch.setattr(run, "SEARCH", {"adam": ({"learning_rate": 0.001}, {"learning_rate": 0.01})})

    def stop_at_third(text: str) -> None:
        if text.startswith("run 3 of 6"):
            raise KeyboardInterrupt
        begun.append(text)

    with patch.context():
        with pytest.raises(KeyboardInterrupt):
            run_experiments(pictures, out, budget=TINY, only=5, report=stop_at_third)
        assert not (out / "results.json").exists()
        results = run_experiments(pictures, out, budget=TINY, only=5, report=begun.append)
    patch.undo()
    return out, begun, results


def test_every_run_is_done_once_also_after_a_stop(grid: tuple[Path, list[str], Any]) -> None:
    _, begun, _ = grid
    assert begun == [f"run {number} of 6: {name}" for number, name in enumerate([*TRIALS, *RUNS], 1)]


def test_results_hold_search_and_runs_with_the_settings_that_won(grid: tuple[Path, list[str], Any], pictures: Path) -> None:
    out, _, results = grid
    assert read_results(out / "results.json") == results
    trials = results.search("baseline")
    best = max(trials, key=lambda trial: trial.accuracy)
    runs = [one for one in results.runs if one.scored_on == "test"]
    assert len(trials) == 2 and len(runs) == 4
    assert all(one.settings == best.settings for one in runs)
    assert {one.seed for one in results.of("widening-repeat")} == {1, 2}
    assert results.of("widening-repeat")[0].parameters < results.of("baseline")[0].parameters
    assert results.dataset == pictures.name
    assert sorted(path.name for path in out.iterdir()) == [
        *("finished", "grid.json", "results.json", "results.md", "results.png", "unfinished")
    ]
    assert caption(results) in (out / "results.md").read_text(encoding="utf-8")
    assert Image.open(out / "results.png").width > 1000
    assert not list((out / "unfinished").iterdir())


def test_a_finished_grid_reads_no_picture(
    grid: tuple[Path, list[str], Any], monkeypatch: pytest.MonkeyPatch, pictures: Path
) -> None:
    out, _, results = grid
    monkeypatch.setattr(run, "load_pictures", None)
    assert run_experiments(pictures, out, budget=TINY, only=5) == results


def test_another_budget_or_other_data_are_refused(grid: tuple[Path, list[str], Any], pictures: Path) -> None:
    out, _, _ = grid
    with pytest.raises(ValueError, match="another budget or other data"):
        run_experiments(pictures, out, budget=dataclasses.replace(TINY, epochs=2), only=5)
    with pytest.raises(ValueError, match="another budget or other data"):
        run_experiments(pictures, out, budget=TINY, only=5, dataset_name="photographs")


def test_a_damaged_file_is_named(grid: tuple[Path, list[str], Any], pictures: Path) -> None:
    out, _, _ = grid
    path = out / "finished" / f"{RUNS[0]}.json"
    sound = path.read_text()
    try:
        path.write_text(sound[:40])
        with pytest.raises(ValueError, match=r"baseline\+seed-1\.json holds no finished run.*remove it"):
            run_experiments(pictures, out, budget=TINY, only=5)
        path.write_text(json.dumps(json.loads(sound) | {"settings": {"learning_rate": 7.0}}))
        with pytest.raises(ValueError, match=r"is a run with \{'learning_rate': 7\.0\}"):
            run_experiments(pictures, out, budget=TINY, only=5)
    finally:
        path.write_text(sound)


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, float("nan"), "3"])
@pytest.mark.parametrize("field", ["pictures", "seeds"])
def test_a_budget_is_of_whole_numbers(field: str, wrong: Any) -> None:
    with pytest.raises(ValueError, match=f"{field} is {wrong!r}; it must be a whole number above 0"):
        dataclasses.replace(TINY, **{field: wrong})


def test_no_such_experiment(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="only is 8; the experiments are numbered from 1 to 7"):
        run_experiments(pictures, tmp_path, only=8)


def test_pictures_are_apart_and_the_same_each_time(pictures: Path) -> None:
    one, other = one_run.load_pictures(pictures, TINY), one_run.load_pictures(pictures, TINY)
    assert {name: len(part) for name, part in one.items()} == {"training": 24, "held_out": 8, "test": 6}
    for name, part in one.items():
        np.testing.assert_array_equal(part.images, other[name].images)
    seen = [image.tobytes() for part in one.values() for image in part.images]
    assert len(set(seen)) == len(seen)


def test_too_few_pictures(pictures: Path) -> None:
    with pytest.raises(ValueError, match="pictures is 33, but .* has only 32 beside the 8 held out"):
        one_run.load_pictures(pictures, dataclasses.replace(TINY, pictures=33))
    for held_out in (40, 80):
        with pytest.raises(ValueError, match=rf"held_out is {held_out}, but .* has only 40 training .* fewer \(--held-out\)"):
            one_run.load_pictures(pictures, dataclasses.replace(TINY, held_out=held_out))


def test_a_run_that_was_trained_but_not_written_down_is_only_scored(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = Job(BASELINE, {"learning_rate": 0.01}, 1, "held_out")
    parts = one_run.load_pictures(pictures, TINY)
    del parts["test"]  # a run of the search must do without
    write, first = one_run.write_finished, []

    def full_disk(folder: Path, job: Job, finished: Any) -> None:
        first.append(finished)
        raise OSError("no space left on device")

    monkeypatch.setattr(one_run, "write_finished", full_disk)
    with pytest.raises(OSError, match="no space"):
        one_run.do_run(tmp_path, job, TINY, parts)
    monkeypatch.setattr(one_run, "write_finished", write)
    assert one_run.do_run(tmp_path, job, TINY, parts) == first[0]
    assert (tmp_path / "finished" / f"{job.name}.json").exists() and not list((tmp_path / "unfinished").iterdir())


def test_data_that_cannot_be_read_does_not_bar_the_folder(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no such file or folder"):
        run_experiments(tmp_path / "nowhere", tmp_path / "out", budget=TINY, only=5)
    assert not (tmp_path / "out").exists()
