"""`demo` and `predict` on real pictures, with the packaged weights."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import commands
import pytest
from fresh_process import run_python
from PIL import Image

from bnn_zoo._table import align
from bnn_zoo.cli import pictures
from bnn_zoo.data.samples import sample_pictures


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    # Nothing may be downloaded: every way out leads to a closed port.
    offline = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "HF_ENDPOINT": "http://127.0.0.1:9"}
    environment = {**os.environ, **offline, "COLUMNS": "120"}
    return commands.run(*arguments, environment=environment)


def test_demo_names_what_is_in_the_pictures() -> None:
    result = run("demo")
    assert result.returncode == 0, result.stderr
    assert not result.stderr
    for path, _ in sample_pictures():
        assert path.name in result.stdout
    right = int(result.stdout.partition("birealnet.cifar10: ")[2].split()[0])
    assert right >= 7
    assert "MiB" in result.stdout and " s" in result.stdout


def test_the_demos_results_alone_go_to_a_file(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    class Loaded(Exception):
        pass

    def load() -> None:
        raise Loaded

    said: list[str] = []
    for terminal in (False, True):
        seen = SimpleNamespace(is_terminal=terminal, print=lambda text, **style: said.append(text))
        monkeypatch.setattr(pictures, "errors", seen)
        monkeypatch.setattr(pictures, "load_tensorflow", load)
        with pytest.raises(Loaded):
            pictures.demo()
        assert len(said) == terminal and not capsys.readouterr().out


def test_predict_goes_on_behind_a_file_that_is_no_picture(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for path, _ in sample_pictures()[:3]:
        (folder / path.name).write_bytes(path.read_bytes())
    broken = tmp_path / "notes.txt"
    broken.write_text("no picture")
    result = run("predict", str(folder), str(broken), str(tmp_path / "missing.png"), "--json", "--top", "2")
    assert result.returncode == 1
    assert len(result.stderr.strip().splitlines()) == 2
    assert "notes.txt" in result.stderr and "missing.png" in result.stderr
    found = json.loads(result.stdout)
    assert [Path(entry["picture"]).name for entry in found] == ["airplane.jpg", "automobile.jpg", "bird.jpg"]
    assert all(len(entry["predictions"]) == 2 for entry in found)
    assert all(0 <= guess["probability"] <= 1 for entry in found for guess in entry["predictions"])


def test_predict_goes_on_behind_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    locked, fine = tmp_path / "locked.png", tmp_path / "fine.png"
    for path in (locked, fine):
        Image.new("RGB", (32, 32)).save(path)
    # root may read everything, so that the system's answers are put in its place.
    code = (
        "import os, sys; from PIL import Image\nmay, opened = os.access, Image.open\n"
        "os.access = lambda path, *how, **more: not str(path).endswith('locked.png') and may(path, *how, **more)\n"
        "def open_(path, *how, **more):\n"
        "    if str(path).endswith('locked.png'): raise PermissionError(13, 'Permission denied', str(path))\n"
        "    return opened(path, *how, **more)\n"
        f"Image.open = open_; sys.argv = ['bnn-zoo', 'predict', {str(locked)!r}, {str(fine)!r}]\n"
        "from bnn_zoo.cli import main; main()"
    )
    told = run_python(code)
    assert told.returncode == 1
    assert told.stderr.splitlines() == [f"bnn-zoo: {locked}: may not be read (permission denied)"]
    assert [line.split()[0] for line in told.stdout.splitlines()] == [str(fine)]


def test_predict_takes_any_size_and_format(tmp_path: Path) -> None:
    from PIL import Image

    source = Image.open(sample_pictures()[8][0])  # the ship
    source.resize((640, 480)).convert("RGBA").save(tmp_path / "large.png")
    source.convert("L").resize((31, 97)).save(tmp_path / "grey.gif")
    result = run("predict", str(tmp_path))
    assert result.returncode == 0 and not result.stderr
    assert "large.png" in result.stdout and "grey.gif" in result.stdout


def test_predictions_that_a_terminal_has_no_room_for_stand_below_the_picture(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    answers = [(Path("holiday/cat.jpg"), [("Egyptian cat", 0.5), ("tabby", 0.25)])]
    shown = []
    for room in (None, 50, 49):
        monkeypatch.setattr(pictures, "terminal_width", lambda room=room: room)
        pictures._write_lines(answers, width=15)
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1] == "holiday/cat.jpg  Egyptian cat 50.0 %  tabby 25.0 %\n"
    assert shown[2] == "holiday/cat.jpg\n  Egyptian cat 50.0 %\n  tabby 25.0 %\n"


def test_a_prediction_is_a_line_whatever_the_name_and_the_columns_are_aligned(capsys: Any) -> None:
    answers = [(Path("new\nline.jpg"), [("cat", 0.5)]), (Path("日本.jpg"), [("cat", 0.5)])]
    pictures._write_lines(answers, width=12)
    assert capsys.readouterr().out.splitlines() == ["new line.jpg  cat 50.0 %", "日本.jpg      cat 50.0 %"]
    assert align([["日本", "1"], ["a", "2"]], left=1) == "日本  1\na     2"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
def test_a_pipe_is_not_read_before_the_network_is_there(tmp_path: Path) -> None:
    pipe = tmp_path / "cat.jpg"
    os.mkfifo(pipe)  # which nobody writes to: reading it would wait for ever
    assert pictures._unreadable([pipe]) == []
    assert pictures._unreadable([tmp_path / "nowhere.jpg", pipe]) == []


def test_predict_in_an_empty_folder_says_so(tmp_path: Path) -> None:
    result = run("predict", str(tmp_path))
    assert result.returncode == 1 and "no pictures" in result.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="file names are Unicode elsewhere")
def test_a_name_that_the_terminal_cannot_write(tmp_path: Path) -> None:
    with open(os.path.join(os.fsencode(tmp_path), b"caf\xe9.png"), "wb") as file:
        Image.new("RGB", (32, 32)).save(file, "PNG")
    Image.new("RGB", (32, 32)).save(tmp_path / "later.png")
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8:strict"}  # as in most languages' locales
    told = subprocess.run([*commands.COMMAND, "predict", str(tmp_path)], capture_output=True, text=True, env=environment)
    assert (told.returncode, told.stderr) == (0, "")
    assert "caf\\udce9.png" in told.stdout and "later.png" in told.stdout
