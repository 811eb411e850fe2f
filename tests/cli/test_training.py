"""`recipes` and `train-bench`, and the options of `train`."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

import pytest
from commands import run
from fresh_process import printed_by

SMALL = ["--set", "filters=8", "--set", "section_blocks=[1]"]


def test_recipes_are_listed_and_told_in_full_without_tensorflow() -> None:
    code = "import sys; from bnn_zoo.cli.app import app; app(['recipes'], standalone_mode=False); "
    code += "assert 'tensorflow' not in sys.modules"
    rows = [line.split() for line in printed_by(code).splitlines()]
    assert ["birealnet.cifar10", "60", "128", "adam", "mixed_bfloat16"] in [row[:5] for row in rows]
    told = run("recipes", "real_to_binary_net.imagenet")
    assert [stage["name"] for stage in json.loads(told.stdout)["stages"]] == ["resnet", "real", "binary_activations", "binary"]
    assert len(json.loads(run("recipes", "--json").stdout)) == len([row for row in rows if row[1:2] and row[1].isdigit()]) > 10
    unknown = run("recipes", "birealnet.cifar")
    assert unknown.returncode == 1 and "birealnet.cifar10" in unknown.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["birealnet", "--set", "momentum=0.3"], "momentum=0.3 would change nothing: no weights are trained by SGD"),
        (
            ["birealnet", "--recipe", "binary_densenet28.imagenet", "--set", "epochs=12"],
            "at 110; set also rate_steps=10:0.1,11:0.01.",
        ),
        (["birealnet34"], "birealnet34 has birealnet34.imagenet. Choose by recipe (--recipe)."),
    ],
)
def test_what_a_recipe_cannot_be_told(arguments: list[str], words: str, shades: Path, tmp_path: Path) -> None:
    done = run("train", *arguments, "--data", str(shades), "--out", str(tmp_path / "run"))
    assert done.returncode == 1 and words in done.stderr and len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_a_measured_precision_stays_and_the_card_gives_the_command(shades: Path, tmp_path: Path) -> None:
    settings = ["epochs=1", "batch_size=8", "held_out=8", "arguments.filters=8", "arguments.section_blocks=[1]"]
    out = tmp_path / "my run [a]"
    command = [
        "train",
        "birealnet",
        "--data",
        str(shades / "train"),
        "--out",
        str(out),
        "--precision",
        "auto",
        "--tensorboard",
    ]
    command += ["--tensorboard", "--strategy", "one", *(part for setting in settings for part in ("--set", setting))]
    done = run(*command)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("steps a second") == 2
    assert shlex.split(done.stdout.splitlines()[-1])[-3] == str(out / "model"), "the command can be copied"
    precision = json.loads((out / "recipe.json").read_text())["precision"]
    assert any((out / "tensorboard").iterdir())
    card = (out / "model" / "README.md").read_text()
    assert "bnn-zoo train birealnet --recipe birealnet.cifar10 --data DATA --out OUT --set epochs=1" in card
    assert f"--precision {precision}" in card
    again = run(*command)
    assert again.returncode == 0 and "steps a second" not in again.stderr


def test_train_bench_gives_a_row_for_each_network_and_size() -> None:
    done = run(
        "train-bench",
        "birealnet",
        "--size",
        "32,40",
        "--batch",
        "4",
        "--precision",
        "float32",
        "--xla",
        "off",
        "--steps",
        "1",
        "--rounds",
        "1",
        *SMALL,
        "--format",
        "json",
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert [(row["network"], row["size"], row["batch_size"]) for row in rows] == [("birealnet", 32, 4), ("birealnet", 40, 4)]
    assert all(row["steps"] > 0 and row["pipeline"] > 0 for row in rows)


def test_what_a_recipe_is_of_is_folded_below_itself() -> None:
    lines = run("recipes", environment={**os.environ, "COLUMNS": "80"}).stdout.splitlines()
    assert "  residual BNNs with, a cosine schedule, sized for an hour and a half on two CPU" in lines
    assert not [line for line in lines if len(line) > 80 and len(line.split()) > 1], "only a path may be longer"
