"""Bad input: a clear line, an exit code, nothing left behind, and never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import run

SMALL_RUN = [
    "--set",
    "epochs=1",
    "--set",
    "batch_size=8",
    "--set",
    "held_out=8",
    "--set",
    "arguments.filters=8",
    "--set",
    "arguments.section_blocks=[1]",
]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["bench", "nope"], 1, "no network named 'nope'"),
        (["predict", "{data}", "--model", "my-own"], 1, "no network named 'my-own', and no such folder or file"),
        (["evaluate", "my-own", "--data", "."], 1, "no network named 'my-own', and no such folder or file"),
        (["export", "my-own", "{folder}/b.xml"], 1, "no network named 'my-own', and no such folder or file"),
        (["compare", "my-own"], 1, "no network named 'my-own', and no such folder or file"),
        (["recipes", "zzz"], 1, "no recipe named 'zzz'. `bnn-zoo recipes`"),
        (["bench", "quicknet", "--backends", "keras, tensorrt"], 1, "backends has 'tensorrt'; known are"),
        (["bench", "quicknet", "--threads", "1, 0"], 1, "--threads 1, 0: the numbers must be at least 1"),
        (["bench", "quicknet", "--threads", "0"], 1, "--threads 0: the numbers must be at least 1"),
        (["bench", "quicknet", "--layers", "--backends", "lce"], 1, "--layers measures OpenVINO alone; leave out --backends"),
        (["bench", "quicknet", "--batch-sizes", "x"], 1, "--batch-sizes x: expected whole numbers"),
        (["train-bench", "birealnet", "--size", "x"], 1, "--size x: expected whole numbers"),
        (["train-bench", "birealnet", "--set", "filters=abc"], 1, "--set filters=abc: the value must be JSON"),
        (["summary", "quicknet", "--input-size", "0"], 2, "--input-size"),
        (["summary", "quicknet", "--input-size", "1"], 1, "cannot take pictures of (1, 1, 3): Negative dimension size"),
        (["evaluate", "birealnet.cifar10", "--data", ".", "--record", "X"], 1, "--record writes into a weight set's folder"),
        (["compare", "birealnet.cifar10", "--data", "{file}"], 1, "neither a folder nor a .zip"),
        (["compare", "birealnet.cifar10", "--data", "nowhere"], 1, "no such file or folder"),
        (["compare", "quicknet", "--html", "{folder}"], 2, "is a directory"),
        (["compare", "quicknet", "--html", "{folder}/none/page.html"], 1, "page.html: no such file or directory"),
        (["train", "birealnet", "--data", "{data}", "--out", "{file}", *SMALL_RUN], 2, "is a file"),
        (
            ["train", "birealnet", "--data", "{data}", "--out", "{file}/run", *SMALL_RUN],
            1,
            "run: the folder cannot be made (not a directory)",
        ),
        (["train", "birealnet", "--data", "{data}", "--out", "{folder}/run"], 1, "held_out is 5000, but there are only"),
        (["train", "birealnet", "--data", "{data}", "--out", "{folder}/run"], 1, "or none. It is set with --set held_out=..."),
        (
            ["train", "birealnet", "--data", "{data}", "--out", "{folder}/run", "--set", "arguments.num_classes=3"],
            1,
            "BiRealNet has no argument 'num_classes'; its own are",
        ),
        (["finetune", "birealnet.cifar10", "--data", "{data}", "--out", "{file}"], 2, "is a file"),
        (["export", "birealnet.cifar10", "{file}/b.xml"], 1, "file.zip: not a directory"),
        (["export", "birealnet.cifar10", "b.onnx"], 1, "its ending must be .tflite"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
def test_mistakes_get_a_line_and_no_traceback(arguments: list[str], code: int, words: str, shades: Path, tmp_path: Path) -> None:
    file, folder = tmp_path / "file.zip", tmp_path / "folder"
    file.write_text("no archive")
    folder.mkdir()
    places = {"{file}": str(file), "{folder}": str(folder), "{data}": str(shades)}
    for mark, place in places.items():
        arguments = [argument.replace(mark, place) for argument in arguments]
    result = run(*arguments)
    said = " ".join(result.stderr.replace("│", " ").split())
    assert result.returncode == code, said
    assert words in said and "Traceback" not in said and "[Errno" not in said
    if code == 1:
        assert len(result.stderr.splitlines()) == 1
    assert file.read_text() == "no archive" and not list(folder.iterdir())
