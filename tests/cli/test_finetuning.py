"""`finetune`, from a folder of pictures to a weight set that `predict` takes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

COMMAND = [sys.executable, "-c", "from bnn_zoo.cli import main; main()"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "shades"
    rng = np.random.default_rng(0)
    for name, base in (("bright", 200), ("dark", 20)):
        (folder / name).mkdir(parents=True)
        for index in range(12):
            picture = Image.fromarray((base + rng.integers(0, 30, (32, 32, 3))).astype("uint8"))
            picture.save(folder / name / f"{index:02}.png")
    return folder


def test_from_pictures_to_predictions(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    short = [part for setting in ("head.epochs=2", "whole.epochs=1") for part in ("--set", setting)]
    result = run("finetune", "birealnet.cifar10", "--data", str(data), "--out", str(out), *short, "--license", "CC0-1.0")
    assert result.returncode == 0, result.stderr
    assert "24 pictures: bright 12, dark 12" in result.stdout and f"--model {out / 'model'}" in result.stdout
    predicted = run("predict", str(data / "dark" / "00.png"), "--model", str(out / "model"), "--json")
    assert predicted.returncode == 0, predicted.stderr
    classes = {entry["class"] for entry in json.loads(predicted.stdout)[0]["predictions"]}
    assert classes == {"bright", "dark"}


def test_what_is_wrong_is_said_in_a_line(data: Path, tmp_path: Path) -> None:
    for arguments, words in (
        (["birealnet.nowhere", "--data", str(data)], "nowhere"),
        (["birealnet.cifar10", "--data", str(tmp_path / "missing")], "missing"),
        (["birealnet.cifar10", "--data", str(data), "--set", "epochs"], "FIELD=VALUE"),
    ):
        result = run("finetune", *arguments, "--out", str(tmp_path / "out"))
        assert result.returncode == 1 and words in result.stderr and "Traceback" not in result.stderr, result.stderr
