"""~ is a home wherever a path is taken, and never a folder's name."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from narrow import NARROW
from PIL import Image

import bnn_zoo
from bnn_zoo._user_path import user_path
from bnn_zoo.data import find_images, load_dataset, open_dataset, read_image
from bnn_zoo.download.folders import cache_folder
from bnn_zoo.guide.results import PACKAGED, read_results
from bnn_zoo.hub.folder import read_config, record_metrics
from bnn_zoo.hub.publish import check_folder
from bnn_zoo.models import find_architecture
from bnn_zoo.models.build import build_model
from bnn_zoo.training.curve import plot_log


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home, with another folder to work in."""
    home, work = tmp_path / "home", tmp_path / "work"
    for folder in (home, work):
        folder.mkdir()
    monkeypatch.chdir(work)
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(home))
    return home


def test_what_stands_for_a_home(home: Path) -> None:
    for given, meant in (
        ("~", home),
        ("~/a/b", home / "a" / "b"),
        (Path("~/a"), home / "a"),
        ("a/~", Path("a/~")),
        ("./~/a", Path.cwd() / "~" / "a"),
        ("~nobody-of-that-name/a", Path.cwd() / "~nobody-of-that-name" / "a"),
        ("/a", Path("/a")),
        ("", Path()),
    ):
        assert user_path(given) == meant and user_path(user_path(given)) == meant
    assert user_path("~\0").name == "~\0", "whoever opens it says that there is no such file"


@pytest.fixture(scope="module")
def model() -> Any:
    return build_model(find_architecture("birealnet"), input_shape=(32, 32, 3), num_classes=2, arguments=NARROW["birealnet"])


def test_a_weight_set_in_the_home(home: Path, model: Any) -> None:
    assert bnn_zoo.save_pretrained(model, "~/set") == home / "set"
    read, checked = read_config("~/set"), check_folder("~/set")
    assert read == checked and read.sources == (str(home / "set" / "model.safetensors"),)
    metric = bnn_zoo.Metric("top-1", 50.0, "noise", "nobody")
    assert record_metrics("~/set", [metric]).metrics == read_config(home / "set").metrics == (metric,)
    bnn_zoo.load_pretrained("~/set")
    assert not os.listdir()


def test_a_checkpoint_in_the_home(home: Path) -> None:
    with pytest.raises(bnn_zoo.WeightFileError, match=re.escape(f"{home / 'net.pth'}: there is no such file")):
        bnn_zoo.hub.convert_checkpoint("~/net.pth", "reactnet_a", "~/set")


def test_what_is_exported_and_drawn(home: Path, model: Any) -> None:
    assert bnn_zoo.deploy.export(model, "~/saved") == home / "saved" and (home / "saved" / "saved_model.pb").is_file()
    pytest.importorskip("matplotlib")
    bnn_zoo.compare(["birealnet", "xnornet"]).plot(path="~/plot.png")
    (home / "log.csv").write_text("epoch,loss,accuracy\n0,2.0,0.5\n")
    plot_log("~/log.csv", "~/curve.png")
    assert (home / "plot.png").is_file() and (home / "curve.png").is_file() and not os.listdir()


def test_pictures_in_the_home(home: Path) -> None:
    for name in ("dark", "bright"):
        (home / "data" / name).mkdir(parents=True)
        Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(home / "data" / name / "1.png")
    assert len(load_dataset("~/data")) == len(open_dataset("~/data")) == 2
    assert find_images(["~/data/dark"]) == [home / "data" / "dark" / "1.png"]
    assert read_image("~/data/dark/1.png").shape == (8, 8, 3)


def test_other_files_in_the_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "results.json").write_bytes(PACKAGED.read_bytes())
    assert read_results("~/results.json") == read_results()
    monkeypatch.setenv("BNN_ZOO_CACHE", "~/cache")
    assert cache_folder() == home / "cache"
