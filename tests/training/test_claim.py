"""A folder belongs to the runs that were begun in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnn_zoo.training.claim import claim_folder


def test_a_folder_is_claimed_once_and_refused_to_others(tmp_path: Path) -> None:
    path = tmp_path / "new" / "run" / "recipe.json"
    claim_folder(path, {"epochs": 2}, "a run of another recipe")
    text, written = path.read_text(), path.stat().st_mtime_ns
    claim_folder(path, {"epochs": 2}, "a run of another recipe")
    assert path.stat().st_mtime_ns == written, "what is there already is not written again"
    with pytest.raises(ValueError, match=r"run holds a run of another recipe \(recipe.json\); choose an empty folder"):
        claim_folder(path, {"epochs": 3}, "a run of another recipe")
    assert path.read_text() == text
    path.write_bytes(b"\xff\x00")
    with pytest.raises(ValueError, match="run holds a run of another recipe"):
        claim_folder(path, {"epochs": 2}, "a run of another recipe")


def test_a_machine_that_does_not_write_only_looks(tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    claim_folder(path, {"epochs": 2}, "another run", write=False)
    assert not path.exists()
    claim_folder(path, {"epochs": 2}, "another run")
    with pytest.raises(ValueError, match="another run"):
        claim_folder(path, {"epochs": 3}, "another run", write=False)
