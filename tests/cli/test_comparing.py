"""`compare` and `profile`, as a user types them."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from commands import run, run_alone

from bnn_zoo.cli import comparing


def test_compare_sorts_and_says_what_it_shows() -> None:
    result = run("compare", "quicknet*", "birealnet", "--sort", "top1")
    assert result.returncode == 0 and not result.stderr
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["network", "quicknet_large", "quicknet", "quicknet_small", "birealnet"]
    assert "larq-zoo" in lines[1] and "66.9" in lines[1]


def test_compare_in_other_forms(tmp_path: Path) -> None:
    values = json.loads(run("compare", "--json", "--sort", "size_mib").stdout)
    assert values["networks"][0]["name"] == "binarynet" and len(values["networks"]) >= 15
    table = run("compare", "birealnet", "--markdown", "--columns", "name, receptive_field").stdout
    assert table.splitlines()[-1] == "| birealnet | 435 |"
    page, plot = tmp_path / "page.html", tmp_path / "plot.png"
    result = run("compare", "*quick*", "--html", str(page), "--plot", str(plot), "--plot-axes", "operations, top1")
    assert result.returncode == 0 and not result.stdout
    assert page.read_text().startswith("<!doctype html>") and plot.stat().st_size > 10_000
    assert result.stderr.splitlines() == [str(page), str(plot)]


def test_a_plot_without_an_ending_is_told_with_it(tmp_path: Path) -> None:
    result = run("compare", "*quick*", "--plot", str(tmp_path / "plot"))
    assert result.returncode == 0 and result.stderr.splitlines() == [str(tmp_path / "plot.png")]
    assert (tmp_path / "plot.png").is_file()


def test_compare_measures_without_tensorflows_noise() -> None:
    result = run_alone("compare", "quicknet_small", "--input-size", "64", "--latency", "openvino", "--repeats", "3", "--json")
    assert result.returncode == 0 and not result.stderr
    (network,) = json.loads(result.stdout)["networks"]
    assert network["input"] == "64x64x3" and network["latency_openvino"] > 0


@pytest.mark.parametrize(
    ("options", "missing", "error", "words"),
    [
        ({"sort": "sizes"}, None, ValueError, "no column 'sizes'"),
        ({"sort": "latency_openvino"}, None, ValueError, "no column 'latency_openvino'"),
        ({"columns": "name,measured_top1"}, None, ValueError, "no column 'measured_top1'"),
        ({"plot": Path("plot.png"), "plot_axes": "size,top1"}, None, ValueError, "no column 'size'"),
        ({"plot": Path("plot.png"), "plot_axes": "size_mib,name"}, None, ValueError, "'name' holds words"),
        ({"plot": Path("plot.png")}, "bnn_zoo._shown_figure", ImportError, "pip install matplotlib"),
        ({"plot": Path("none/plot.png")}, None, FileNotFoundError, "none/plot.png"),
        ({"html": Path("page.html")}, "vl_convert", ImportError, r"pip install \"bnn-zoo\[compare\]\""),
        ({"html": Path("none/page.html")}, None, FileNotFoundError, "none/page.html"),
    ],
)
def test_what_cannot_be_shown_is_refused_before_it_is_measured(
    options: dict[str, Any],
    missing: str | None,
    error: type[Exception],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bnn_zoo.comparison.compare.compare", lambda *_, **__: pytest.fail("measured"))
    if missing:
        monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(error, match=words):
        comparing.compare(["quicknet_small"], latency=["keras, lce"], **options)
    assert not list(tmp_path.iterdir())


def test_compare_stops_at_a_bad_picture_or_skips_it(shades: Path, tmp_path: Path) -> None:
    data = shutil.copytree(shades / "test", tmp_path / "data")
    model = small_set(tmp_path / "model")
    (data / "dark" / "00.png").write_bytes(b"\x89PNG nothing")
    stopped = run("compare", str(model), "--data", str(data))
    assert stopped.returncode == 1 and "00.png" in stopped.stderr and not stopped.stdout
    skipped = run("compare", str(model), "--data", str(data), "--skip-bad", "--json")
    (network,) = json.loads(skipped.stdout)["networks"]
    assert skipped.returncode == 0 and network["measured_top1"] is not None
    assert "accuracy without 1 of 12 pictures, which could not be read: " in skipped.stderr and "00.png" in skipped.stderr


def small_set(folder: Path) -> Path:
    import bnn_zoo

    model = bnn_zoo.create_model("birealnet", input_shape=(32, 32, 3), num_classes=2, filters=8, section_blocks=(1,))
    return Path(bnn_zoo.save_pretrained(model, folder, labels=["bright", "dark"]))


def test_profile_and_difference() -> None:
    text = run("profile", "binarynet").stdout
    assert "section_0_block_0_conv" in text and "keep the first layer in full precision" in text
    difference = run("profile", "quicknet", "quicknet_large").stdout
    assert "+  section_3_block_5_conv" in difference and "shortcuts" in difference
    assert json.loads(run("profile", "quicknet", "--json").stdout)["figures"]["shortcuts"] == 16


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["compare", "birealnett"], "Did you mean birealnet"),
        (["compare", "--sort", "sizes"], "no column 'sizes'"),
        (["compare", "--columns", "nonsense"], "no column 'nonsense'"),
        (["compare", "--json", "--markdown"], "give one of the two"),
        (["compare", "birealnet", "--plot", "plot.bmp"], "--plot plot.bmp: the ending must be .png, .svg or .pdf"),
        (["compare", "birealnet", "--latency", "keras, tensorrt"], "'tensorrt'; known are"),
        (["profile", "*dense*"], "means 4 networks"),
        (["profile", "birealnet", "--latency", "lce"], "openvino and keras"),
    ],
)
def test_mistakes_get_a_line_and_no_traceback(arguments: list[str], words: str) -> None:
    result = run(*arguments)
    assert result.returncode == 1
    assert words in result.stderr.replace("\n", " ") and "Traceback" not in result.stderr
