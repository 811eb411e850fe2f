"""`train` and `evaluate`, from pictures by class to a weight set with its accuracy."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from commands import run

from bnn_zoo.cli.evaluating import evaluate

SETTINGS = ["epochs=2", "batch_size=8", "held_out=8", "learning_rate=0.01"]


@pytest.fixture(scope="module")
def trained(shades_zip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run")
    settings = [part for setting in SETTINGS for part in ("--set", setting)]
    result = run("train", "birealnet", "--data", str(shades_zip), "--out", str(out), *settings, "--license", "CC0-1.0")
    assert result.returncode == 0, result.stderr
    return out


def test_train_leaves_log_recipe_and_weight_set(trained: Path) -> None:
    assert len((trained / "log.csv").read_text().splitlines()) == 3
    assert json.loads((trained / "recipe.json").read_text())["epochs"] == 2
    config = json.loads((trained / "model" / "config.json").read_text())
    assert config["architecture"] == "birealnet" and config["labels"] == ["bright", "dark"] and config["license"] == "CC0-1.0"
    assert config["recipe"]["name"] == "birealnet.cifar10" and config["arguments"]["filters"] == 32


def test_a_finished_run_is_only_loaded_and_another_recipe_refused(trained: Path, shades_zip: Path) -> None:
    log = (trained / "log.csv").read_text()
    settings = [part for setting in SETTINGS for part in ("--set", setting)]
    assert run("train", "birealnet", "--data", str(shades_zip), "--out", str(trained), *settings).returncode == 0
    assert (trained / "log.csv").read_text() == log
    other = run("train", "birealnet", "--data", str(shades_zip), "--out", str(trained), *settings, "--set", "epochs=3")
    assert other.returncode == 1 and "another recipe" in other.stderr


def test_evaluate_scores_the_test_split_and_records_it(trained: Path, shades_zip: Path) -> None:
    folder = trained / "model"
    result = run("evaluate", str(folder), "--data", str(shades_zip), "--json", "--record", "Shades test")
    assert result.returncode == 0, result.stderr
    measured = json.loads(result.stdout)
    assert measured["pictures"] == 12
    metrics = json.loads((folder / "config.json").read_text())["metrics"]
    assert [(metric["name"], metric["dataset"]) for metric in metrics] == [("top-1", "Shades test"), ("top-5", "Shades test")]
    assert metrics[0]["value"] == round(measured["top1"], 2)
    assert "Shades test" in (folder / "README.md").read_text()


def test_evaluate_shows_what_it_measured_if_it_cannot_record_it(trained: Path, shades_zip: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(trained / "model", tmp_path / "set")
    (folder / "README.md").unlink()
    (folder / "README.md").mkdir()
    result = run("evaluate", str(folder), "--data", str(shades_zip), "--json", "--record", "X")
    assert result.returncode == 1 and "README.md" in result.stderr and json.loads(result.stdout)["pictures"] == 12


def test_evaluate_records_nowhere_that_may_not_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # rights do not stop root
    with pytest.raises(PermissionError, match=str(tmp_path)):
        evaluate(str(tmp_path), "no such data", record="X")


def test_evaluate_refuses_classes_that_the_network_does_not_have(shades_zip: Path) -> None:
    result = run("evaluate", "birealnet.cifar10", "--data", str(shades_zip))
    assert result.returncode == 1 and "'bright'" in result.stderr
