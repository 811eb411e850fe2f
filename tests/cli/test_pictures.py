"""`demo` and `predict` on real pictures, with the packaged weights."""

from __future__ import annotations

import json
import os
from pathlib import Path

from command_line import run

from bnn_zoo.data.samples import sample_pictures

# Nothing may be downloaded: every way out leads to a closed port.
OFFLINE = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "HF_ENDPOINT": "http://127.0.0.1:9"}
ENVIRONMENT = {**os.environ, **OFFLINE, "COLUMNS": "120"}


def test_demo_names_what_is_in_the_pictures() -> None:
    result = run("demo", env=ENVIRONMENT)
    assert result.returncode == 0, result.stderr
    assert not result.stderr
    for path, _ in sample_pictures():
        assert path.name in result.stdout
    right = int(result.stdout.partition("birealnet.cifar10: ")[2].split()[0])
    assert right >= 7
    assert "MiB" in result.stdout and " s" in result.stdout


def test_predict_goes_on_behind_a_file_that_is_no_picture(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for path, _ in sample_pictures()[:3]:
        (folder / path.name).write_bytes(path.read_bytes())
    broken = tmp_path / "notes.txt"
    broken.write_text("no picture")
    result = run("predict", str(folder), str(broken), str(tmp_path / "missing.png"), "--json", "--top", "2", env=ENVIRONMENT)
    assert result.returncode == 1
    assert len(result.stderr.strip().splitlines()) == 2
    assert "notes.txt" in result.stderr and "missing.png" in result.stderr
    found = json.loads(result.stdout)
    assert [Path(entry["picture"]).name for entry in found] == ["airplane.jpg", "automobile.jpg", "bird.jpg"]
    assert all(len(entry["predictions"]) == 2 for entry in found)
    assert all(0 <= guess["probability"] <= 1 for entry in found for guess in entry["predictions"])


def test_predict_takes_any_size_and_format(tmp_path: Path) -> None:
    from PIL import Image

    source = Image.open(sample_pictures()[8][0])  # the ship
    source.resize((640, 480)).convert("RGBA").save(tmp_path / "large.png")
    source.convert("L").resize((31, 97)).save(tmp_path / "grey.gif")
    result = run("predict", str(tmp_path), env=ENVIRONMENT)
    assert result.returncode == 0 and not result.stderr
    assert "large.png" in result.stdout and "grey.gif" in result.stdout


def test_predict_in_an_empty_folder_says_so(tmp_path: Path) -> None:
    result = run("predict", str(tmp_path), env=ENVIRONMENT)
    assert result.returncode == 1 and "no pictures" in result.stderr
