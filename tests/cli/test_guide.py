"""`guide`, from pictures to data, table and figure."""

from __future__ import annotations

import dataclasses
import inspect
import json
from pathlib import Path

from commands import run
from PIL import Image

from bnn_zoo.cli.guide import guide as command
from bnn_zoo.guide.budget import Budget

TINY = ["--pictures", "16", "--held-out", "8", "--epochs", "1", "--batch-size", "8", "--seeds", "1"]


def test_guide_leaves_data_table_and_figure(shades: Path, tmp_path: Path) -> None:
    out = tmp_path / "out [a]"
    arguments = ["--data", str(shades), "--out", str(out), "--only", "7", "--dataset-name", "Shades", *TINY]
    result = run("guide", *arguments)
    assert result.returncode == 0, result.stderr
    assert str(out / "results.json") in result.stdout and "\n|" in result.stdout
    assert "run 5 of 5: momentum-0.99+seed-1" in result.stderr
    content = json.loads((out / "results.json").read_text())
    assert content["dataset"] == "Shades" and len(content["runs"]) == 5
    assert "Shades: 16 training pictures" in (out / "results.md").read_text()
    assert Image.open(out / "results.png").width > 1000
    again = run("guide", "--data", str(tmp_path / "gone"), *arguments[2:])
    assert again.returncode == 0 and "run " not in again.stderr, "what is finished needs no pictures"


def test_an_experiment_that_there_is_not(tmp_path: Path) -> None:
    result = run("guide", "--data", str(tmp_path), "--out", str(tmp_path / "out"), "--only", "9")
    assert result.returncode == 1 and "only is 9" in result.stderr and not (tmp_path / "out").exists()


def test_a_folder_is_not_what_is_downloaded(tmp_path: Path) -> None:
    result = run("guide", "--data", "cifar10/", "--out", str(tmp_path / "out"), "--only", "7")
    assert result.returncode == 1 and "source 'cifar10/': no such file or folder" in result.stderr


def test_the_options_are_those_of_the_packaged_results() -> None:
    options = inspect.signature(command).parameters
    for field in dataclasses.fields(Budget):
        assert options[field.name].default == field.default
