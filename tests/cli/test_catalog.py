"""`list`, `info` and `summary`, as a user types them: fast, and without TensorFlow's noise."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from commands import run, run_alone
from fresh_process import run_python


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["info", "birealnet"], ["list", "--weights"], ["--version"]])
def test_answers_in_under_a_second_without_tensorflow(arguments: list[str]) -> None:
    seconds: list[float] = []
    # The fastest: what else the machine does can only add to it.
    while min(seconds, default=1.0) >= 1.0:
        assert len(seconds) < 15, seconds
        start = time.perf_counter()
        result = run_alone(*arguments)
        seconds.append(time.perf_counter() - start)
        assert result.returncode == 0, result.stderr
        assert result.stdout.strip() and not result.stderr
    code = (
        f"import sys; sys.argv = ['bnn-zoo', *{arguments!r}]\nfrom bnn_zoo.cli import main\ntry: main()\nexcept SystemExit: pass\n"
    )
    code += "print('loaded' if 'tensorflow' in sys.modules else 'free', file=sys.stderr)"
    assert run_python(code).stderr.strip() == "free"


def test_list_as_json_names_all_networks() -> None:
    from bnn_zoo.zoo import list_models

    assert json.loads(run("list", "--json").stdout) == list_models()
    assert json.loads(run("list", "*densenet*", "--json").stdout) == list_models("*densenet*")


def test_list_fits_a_terminal_of_80_columns() -> None:
    lines = run("list", environment={**os.environ, "COLUMNS": "80"}).stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("binary_densenet37_dilated ") and "imagenet" in line for line in lines)


def test_weight_sets_fit_too_with_whole_numbers() -> None:
    lines = run("list", "--weights", environment={**os.environ, "COLUMNS": "80"}).stdout.splitlines()
    assert max(map(len, lines)) <= 80
    (row,) = [line.split() for line in lines if line.startswith("binary_densenet37_dilated.imagenet")]
    assert row == ["binary_densenet37_dilated.imagenet", "1000", "64.30", "85.20", "download", "larq-zoo"]
    (own,) = [line.split() for line in lines if line.startswith("quicknet_small.cifar10")]
    assert own == ["quicknet_small.cifar10", "10", "86.35", "99.49", "0.64", "nothing", "bnn-zoo"], "one line, as the README has it"


def test_a_narrow_terminal_gets_fewer_columns_and_whole_words() -> None:
    for arguments, row in ((["list"], "quicknet "), (["list", "--weights"], "quicknet_small.cifar10 ")):
        lines = run(*arguments, environment={**os.environ, "COLUMNS": "50"}).stdout.splitlines()
        assert "Left out for lack of room:" in " ".join(lines) and "…" not in "".join(lines)
        assert any(line.startswith(row) for line in lines) and max(map(len, lines)) <= 50


@pytest.mark.parametrize("columns", ["", "40"])
def test_addresses_are_whole_in_a_pipe_and_in_a_narrow_terminal(columns: str) -> None:
    address = "https://github.com/larq/zoo/releases/download/quicknet-v1.0/quicknet_weights.h5"
    for arguments in (["info", "quicknet"], ["hub", "info", "quicknet.imagenet"]):
        lines = run(*arguments, environment={**os.environ, "COLUMNS": columns}).stdout.splitlines()
        assert any(line.endswith(f" {address}") for line in lines)
        folded = not any("63.30 %, ImageNet, validation, reported by larq-zoo" in line for line in lines)
        assert folded is bool(columns), "a pipe's lines are whole"


def test_info_tells_paper_figures_and_weights() -> None:
    text = run("info", "birealnet").stdout
    for part in ("1808.00278", "11,699,112", "57.5 %", "6e6efac1584fcd60dd024198c87f42eb53b5ec719a5ca1f527e1fe7e8b997117"):
        assert part in text
    assert json.loads(run("info", "birealnet", "--json").stdout)["paper"]["year"] == 2018


def test_info_takes_a_folder_as_predict_does(tmp_path: Path) -> None:
    folder = Path(__file__).parents[2] / "weights" / "birealnet-cifar10"
    told = run("info", str(folder))
    assert told.returncode == 0 and f"load_pretrained('{folder}')" in told.stdout and "birealnet.cifar10" in told.stdout
    # The figures are of the network for ImageNet, the weights are of a narrower one.
    assert told.stdout.index("as published") < told.stdout.index("11,699,112") < told.stdout.index("0.59 MB")
    assert "create_model('birealnet.cifar10')" in run("info", "birealnet.cifar10").stdout
    assert [entry["tag"] for entry in json.loads(run("info", str(folder), "--json").stdout)["weight_sets"]] == ["cifar10"]
    recorded = json.loads(run("hub", "info", str(folder), "--json").stdout)
    assert (recorded["name"], recorded["here"], recorded["architecture"]) == ("birealnet.cifar10", True, "birealnet")
    config = json.loads((folder / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "architecture": None, "keras_config": {"layers": []}}))
    refused = run("info", str(tmp_path))
    assert refused.returncode == 1 and f"`bnn-zoo hub info {tmp_path}`" in refused.stderr


@pytest.mark.parametrize("arguments", [["info", "birealnet"], ["hub", "info", "birealnet.imagenet"]])
def test_info_tells_how_pictures_are_prepared(arguments: list[str]) -> None:
    """Whoever runs an exported file elsewhere has to do it there."""
    told = " ".join(run(*arguments).stdout.split())  # in lines as long as the terminal is wide
    assert (
        "pictures square centre, 87.5 % of the short side, to 224 x 224 (bicubic); "
        "RGB from 0 to 1, less 0.485, 0.456, 0.406, divided by 0.229, 0.224, 0.225"
    ) in told


def test_pictures_of_any_size_stay_whole_for_segmentation_alone() -> None:
    from bnn_zoo.cli.catalog import prepared
    from bnn_zoo.data import CIFAR10
    from bnn_zoo.hub import WeightSet

    colours = "RGB from 0 to 1, less 0.4914, 0.4822, 0.4465, divided by 0.247, 0.2435, 0.2616"
    kinds = ("group_net18_segmentation", "birealnet", None)
    settings = CIFAR10.to_dict()
    told = {
        shape: [prepared(WeightSet(kind, input_shape=shape, preprocessing=settings)) for kind in kinds]
        for shape in ((None, None, 3), (40, 48, 3))
    }
    resized = "square centre, 100 % of the short side, to {} (bicubic_antialias); " + colours
    assert told[None, None, 3] == [colours, resized.format("32 x 32"), resized.format("32 x 32")]
    assert told[40, 48, 3] == [resized.format("40 x 48")] * 3
    assert prepared(WeightSet(None, preprocessing={"mean": [0, 0, 0]})) == prepared(WeightSet(None)) == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["info", "birealnett"], "Did you mean birealnet"),
        (["info", "birealnet.nonsense"], "no weight set 'nonsense'"),
        (["list", "*nothing*"], "no name matches"),
        (["predict"], "Missing argument 'PICTURE'"),
        (["train", "birealnet", "--data", "x", "--out", "y", "--recipe", "nonsense"], "no recipe named"),
        (["train", "birealnet", "--data", "x", "--out", "y", "--set", "epochs"], "FIELD=VALUE"),
        (["evaluate", "birealnet.nonsense", "--data", "x"], "no weight set 'nonsense'"),
    ],
)
def test_mistakes_get_a_line_and_no_traceback(arguments: list[str], words: str) -> None:
    result = run(*arguments)
    assert result.returncode in (1, 2)
    assert words in result.stderr.replace("\n", " ") and "Traceback" not in result.stderr


def test_summary_shows_layers_without_noise() -> None:
    result = run_alone("summary", "birealnet", "--input-size", "64")
    assert result.returncode == 0
    assert "section_3_block_3_conv" in result.stdout and not result.stderr


def test_summary_takes_a_folder() -> None:
    result = run("summary", str(Path(__file__).parents[2] / "weights" / "birealnet-cifar10"))
    assert result.returncode == 0, result.stderr
    assert "section_3_block_3_conv" in result.stdout and "(-1, 10)" in result.stdout
    several = run("summary", "*densenet*")
    assert several.returncode == 1 and "'*densenet*' means 4 networks; name one of them" in several.stderr


def test_a_registrys_words_are_no_markup(tmp_path: Path) -> None:
    entry = {
        **{"architecture": "birealnet", "tag": "mine", "format": "keras-h5", "sources": ["a.h5"], "sha256": "0" * 64},
        **{"dataset": "own photos [v2, cleaned] [/srv/photos]", "num_classes": 10, "input_shape": [224, 224, 3]},
        "metrics": [{"name": "top-1", "value": 50.0, "dataset": "d", "measured_by": "us [bold]"}],
    }
    registry = tmp_path / "registry.json"
    registry.write_text(json.dumps({"registry_version": 1, "weight_sets": [entry]}))
    environment = {**os.environ, "BNN_ZOO_REGISTRY": str(registry), "COLUMNS": "200"}
    told = run("info", "birealnet.mine", environment=environment)
    assert (told.returncode, told.stderr) == (0, "")
    assert entry["dataset"] in told.stdout and "us [bold]" in told.stdout
    assert "us [bold]" in run("list", "birealnet*", "--weights", environment=environment).stdout
