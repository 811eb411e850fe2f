"""`compare` and `profile`, as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import run, run_alone


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
