"""`finetune`, from a folder of pictures to a weight set that `predict` takes."""

from __future__ import annotations

import json
from pathlib import Path

from command_line import run


def test_from_pictures_to_predictions(picture_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    short = [part for setting in ("head.epochs=2", "whole.epochs=1") for part in ("--set", setting)]
    result = run("finetune", "birealnet.cifar10", "--data", str(picture_folder), "--out", str(out), *short, "--license", "CC0-1.0")
    assert result.returncode == 0, result.stderr
    assert "24 pictures: bright 12, dark 12" in result.stdout and f"--model {out / 'model'}" in result.stdout
    predicted = run("predict", str(picture_folder / "dark" / "00.png"), "--model", str(out / "model"), "--json")
    assert predicted.returncode == 0, predicted.stderr
    classes = {entry["class"] for entry in json.loads(predicted.stdout)[0]["predictions"]}
    assert classes == {"bright", "dark"}


def test_what_is_wrong_is_said_in_a_line(picture_folder: Path, tmp_path: Path) -> None:
    for arguments, words in (
        (["birealnet.nowhere", "--data", str(picture_folder)], "nowhere"),
        (["birealnet.cifar10", "--data", str(tmp_path / "missing")], "missing"),
        (["birealnet.cifar10", "--data", str(picture_folder), "--set", "epochs"], "FIELD=VALUE"),
    ):
        result = run("finetune", *arguments, "--out", str(tmp_path / "out"))
        assert result.returncode == 1 and words in result.stderr and "Traceback" not in result.stderr, result.stderr
