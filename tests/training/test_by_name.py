"""Which pictures a run by name is trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bnn_zoo.training import by_name
from bnn_zoo.training.by_name import TrainingOptions, train_by_name


class OpenedError(Exception):
    """Ends a run where its pictures would be opened."""


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str | None]]:
    calls: list[tuple[str, str | None]] = []

    def open_dataset(source: Any, split: str | None, **options: Any) -> None:
        calls.append((str(source), split))
        raise OpenedError

    monkeypatch.setattr(by_name, "open_dataset", open_dataset)
    return calls


def write_pictures(folder: Path, *splits: str) -> Path:
    for split in splits:
        (folder / split / "ant").mkdir(parents=True)
        Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(folder / split / "ant" / "1.png")
    return folder


def begin(data: Any, out: Path, split: str | None) -> None:
    train_by_name("birealnet", None, data, out, options=TrainingOptions(split=split, strategy="one"))


def test_train_where_there_is_one_and_else_all(opened: list[tuple[str, str | None]], tmp_path: Path) -> None:
    for data in (write_pictures(tmp_path / "parted", "train", "test"), write_pictures(tmp_path / "whole", "")):
        with pytest.raises(OpenedError):
            begin(data, tmp_path / "out", None)
    assert [split for _, split in opened] == ["train", None]


def test_a_slice_is_passed_on(opened: list[tuple[str, str | None]], tmp_path: Path) -> None:
    with pytest.raises(OpenedError):
        begin("tfds:imagenet2012", tmp_path / "out", "train[:90%]")
    assert opened == [("tfds:imagenet2012", "train[:90%]")]


def test_a_split_that_there_is_not_is_refused(tmp_path: Path) -> None:
    data = write_pictures(tmp_path / "data", "train", "test")
    with pytest.raises(ValueError, match="split is 'trian'.*'test', 'train'"):
        begin(data, tmp_path / "out", "trian")
    assert not (tmp_path / "out").exists()


def test_the_weight_set_of_a_fine_tuning_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "head").mkdir()
    (tmp_path / "head" / "recipe.json").write_text("{}")
    with pytest.raises(ValueError, match="holds what `bnn-zoo finetune` makes"):
        begin(tmp_path, tmp_path, None)


@pytest.mark.parametrize(("bad", "told"), [(1, "1 picture that"), (2, "2 pictures that")])
def test_the_card_tells_what_was_skipped_and_how(bad: int, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_pictures(tmp_path / "data", "")
    (data / "bee").mkdir()
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(data / "bee" / "1.png")
    for index in range(bad):
        (data / "bee" / f"bad{index}.png").write_bytes(b"no picture")
    monkeypatch.setattr(by_name, "train", lambda *_, **__: None)
    saved: dict[str, Any] = {}
    monkeypatch.setattr(by_name, "save_run", lambda *_, **description: saved.update(description))
    options = TrainingOptions(on_bad="skip", size=32, strategy="one", dataset_name="Insects")
    said: list[str] = []
    train_by_name("birealnet", None, data, tmp_path / "out", settings={"held_out": "0"}, options=options, say=said.append)
    assert saved["dataset"] == f"Insects, without {told} could not be read"
    assert saved["recipe"]["command"].endswith("--set held_out=0 --size 32 --skip-bad")
    assert len([line for line in said if line.startswith("skipped bee/bad")]) == bad


@pytest.mark.parametrize("options", [{"precision": "auto"}, {"xla": "auto"}])
def test_several_machines_do_not_each_choose_what_is_fastest(options: dict[str, str], tmp_path: Path) -> None:
    class Several:
        cluster_resolver = object()

    with pytest.raises(ValueError, match='several machines must compute alike.*not "auto"'):
        train_by_name("birealnet", None, tmp_path, tmp_path / "run", options=TrainingOptions(strategy=Several(), **options))
