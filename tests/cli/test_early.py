"""What is wrong with a command is told before TensorFlow is loaded, which takes seconds, and nothing is left behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

_MISTAKES: list[tuple[str, str]] = [
    ("predict nowhere.jpg", "nowhere.jpg: no such file"),
    ("predict words.txt", "words.txt: is not a picture"),
    ("predict {picture} --model nosuch.cifar10", "no network named 'nosuch'"),
    ("evaluate nosuch --data {data}", "no network named 'nosuch'"),
    ("evaluate birealnet.cifar10 --data nosuch", "source 'nosuch': no such file or folder"),
    ("evaluate birealnet.cifar10 --data {data} --split tst", "split is 'tst'; source"),
    ("evaluate birealnet.cifar10 --data cifar10 --split tst", "has the splits 'test', 'train'"),
    ("evaluate trained --data {data} --record {nothing}", "--record '': expected what the data set is called, in one line"),
    ("evaluate trained --data {data} --record {lines}", "--record 'two\\nlines': expected"),
    ("train birealnet --data {data} --out run --set epochss=2", "no field 'epochss'"),
    ("train birealnet --data {data} --out run --set epochs", "expected FIELD=VALUE"),
    ("train birealnet --data {data} --out run --set cutout=2", "It is set with --set cutout=..."),
    ("train birealnet --data {data} --out run --set arguments.colour=1", "BiRealNet has no argument 'colour'"),
    ("train birealnet --data {data} --out run --recipe nosuch", "no recipe named 'nosuch'"),
    ("train birealnet --data nosuch --out run", "source 'nosuch'"),
    (
        "train group_net18_segmentation --recipe group_net18_segmentation.voc --data {data} --out run",
        "masks are read from TensorFlow Datasets",
    ),
    ("train birealnet --data {data} --out words.txt/run", "words.txt/run: the folder cannot be made (not a directory)"),
    ("train birealnet --data {data} --out tuned", "tuned holds what `bnn-zoo finetune` makes (head/recipe.json)"),
    ("finetune birealnet.cifar10 --data {data} --out trained", "trained holds what `bnn-zoo train` makes (recipe.json)"),
    ("finetune nosuch --data {data} --out run", "no network named 'nosuch'"),
    ("finetune birealnet.cifar10 --data nosuch --out run", "source 'nosuch'"),
    ("finetune birealnet.cifar10 --data {data} --out run --set hed.epochs=3", "the setting 'hed.epochs'"),
    ("finetune birealnet.cifar10 --data {data} --out run --set head.epochss=3", "no field 'epochss'"),
    ("finetune birealnet.cifar10 --data {data} --out words.txt/a/b", "words.txt/a/b: the folder cannot be made"),
    ("guide --data nosuch --out run", "source 'nosuch'"),
    ("guide --data {part} --out trained", "train on a split 'train' and score on a split 'test'; source"),
    ("guide --data {part} --out run", "has classes only"),
    ("guide --data cifar10 --out run --only 99", "numbered from 1 to"),
    ("bench nosuch", "no network named 'nosuch'"),
    ("bench *nosuch*", "no name matches '*nosuch*'"),
    ("bench nosuch --layers", "no network named 'nosuch'"),
    ("bench quicknet --backends foo", "backends has 'foo'"),
    ("train-bench nosuch", "no network named 'nosuch'"),
    ("train-bench quicknet --set colour=1", "QuickNet has no argument 'colour'"),
    ("export nosuch b.xml", "no network named 'nosuch'"),
    (
        "export birealnet.cifar10 new/deep/b.xml",
        "new/deep/b.xml: no such file or directory: the folder new/deep is not there; make it first",
    ),
    ("export birealnet.cifar10 out.tflite/", "path is 'out.tflite/', which ends as a folder does"),
    ("hub convert nosuch.pth --architecture reactnet18 --out run", "nosuch.pth: there is no such file"),
    ("hub convert words.txt --architecture reactnet --out run", "no network named 'reactnet'"),
]

_SCRIPT = """
import contextlib, io, json, sys
from bnn_zoo.cli import main
answers = []
for arguments in json.load(sys.stdin):
    sys.argv = ["bnn-zoo", *arguments]
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code
    answers.append([code, said.getvalue(), "tensorflow" in sys.modules])
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def answers(shades: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str, bool]]:
    """Exit code, standard error and whether TensorFlow is loaded, of each command: in one process, for it must not be loaded."""
    folder = tmp_path_factory.mktemp("here")
    (folder / "words.txt").write_text("no picture")
    for claim in ("trained/recipe.json", "tuned/head/recipe.json"):
        (folder / claim).parent.mkdir(parents=True)
        (folder / claim).write_text("{}")
    places = {
        "{data}": str(shades),
        "{picture}": str(shades / "test" / "dark" / "00.png"),
        "{nothing}": "",
        "{lines}": "two\nlines",
        "{part}": str(shades / "train"),
    }
    commands = [[places.get(word, word) for word in command.split()] for command, _ in _MISTAKES]
    told = subprocess.run(
        [sys.executable, "-c", _SCRIPT], input=json.dumps(commands), capture_output=True, text=True, cwd=folder, timeout=300
    )
    assert told.returncode == 0, told.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["trained", "tuned", "words.txt"], "nothing is left behind"
    return dict(zip((command for command, _ in _MISTAKES), json.loads(told.stdout), strict=True))


@pytest.mark.parametrize(("command", "words"), _MISTAKES, ids=[command for command, _ in _MISTAKES])
def test_mistakes_are_told_before_tensorflow_is_loaded(command: str, words: str, answers: dict[str, tuple[int, str, bool]]) -> None:
    code, said, loaded = answers[command]
    assert code == 1 and words in said and len(said.splitlines()) == 1
    assert not loaded
