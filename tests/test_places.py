"""Where results are to be written, before they are made."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bnn_zoo._places import check_file_place, check_folder_place


def test_a_files_folder_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "words.txt").write_text("")
    check_file_place(Path("page.html"))
    check_file_place(tmp_path / "words.txt")
    told = r"new/deep/page.html: no such file or directory: the folder new/deep is not there; make it first."
    with pytest.raises(FileNotFoundError, match=told):
        check_file_place(Path("new/deep/page.html"))
    for place in ("words.txt/page.html", "words.txt/deep/page.html"):
        with pytest.raises(NotADirectoryError) as caught:
            check_file_place(Path(place))
        assert caught.value.filename == str(tmp_path / "words.txt")
    monkeypatch.setattr(os, "access", lambda path, how: False)  # root may write everywhere
    with pytest.raises(PermissionError, match="denied"):
        check_file_place(Path("page.html"))


def test_a_runs_folder_can_be_made_and_nothing_is_left_of_the_attempt(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("")
    (tmp_path / "there").mkdir()
    for fine in ("there", "there/run", "new/deep/run"):
        check_folder_place(tmp_path / fine)
    with pytest.raises(OSError, match=r"run: the folder cannot be made \(not a directory\); give another one."):
        check_folder_place(tmp_path / "words.txt" / "run")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["there", "words.txt"]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a folder that takes no others is Linux's")
def test_a_folder_that_nobody_can_make() -> None:
    with pytest.raises(OSError, match=r"^/proc/x: the folder cannot be made \(.*\); give another one.$"):
        check_folder_place(Path("/proc/x"))
