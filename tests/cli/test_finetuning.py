"""`finetune`, from a folder of pictures to a weight set that `predict` takes."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from commands import run


def test_from_pictures_to_predictions(shades: Path, tmp_path: Path) -> None:
    data = shades / "train"
    out = tmp_path / "my run [a]"
    short = [part for setting in ("head.epochs=2", "whole.epochs=1") for part in ("--set", setting)]
    result = run("finetune", "birealnet.cifar10", "--data", str(data), "--out", str(out), *short, "--license", "CC0-1.0")
    assert result.returncode == 0, result.stderr
    assert "56 pictures: bright 28, dark 28" in result.stdout
    assert shlex.split(result.stdout.splitlines()[-1])[-1] == str(out / "model"), "the command can be copied"
    predicted = run("predict", str(data / "dark" / "00.png"), "--model", str(out / "model"), "--json")
    assert predicted.returncode == 0, predicted.stderr
    classes = {entry["class"] for entry in json.loads(predicted.stdout)[0]["predictions"]}
    assert classes == {"bright", "dark"}


def test_what_is_wrong_is_said_in_a_line(shades: Path, tmp_path: Path) -> None:
    data = shades / "train"
    for arguments, words in (
        (["birealnet.nowhere", "--data", str(data)], "nowhere"),
        (["birealnet.cifar10", "--data", str(tmp_path / "missing")], "missing"),
        (["birealnet.cifar10", "--data", str(data), "--set", "epochs"], "FIELD=VALUE"),
        (["birealnet.cifar10", "--data", "cifar10/"], "source 'cifar10/': no such file or folder"),
    ):
        result = run("finetune", *arguments, "--out", str(tmp_path / "out"))
        assert result.returncode == 1 and words in result.stderr and "Traceback" not in result.stderr, result.stderr
