"""Which pictures are found among files and folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from permissions import unreadable

from bnn_zoo.data.listing import find_images, image_names


def test_find_images(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.png", "deep/er/c.webp", "notes.txt", "weights.h5", ".hidden.png", ".git/d.png"):
        (tmp_path / "pictures" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pictures" / name).write_bytes(b"")
    folder = tmp_path / "pictures"
    text, missing = folder / "notes.txt", tmp_path / "gone.png"
    inside = [folder / "a.png", folder / "b.JPG", folder / "deep/er/c.webp"]
    assert find_images([missing, str(folder), text]) == [missing, *inside, text]
    assert find_images(str(folder)) == inside
    assert find_images([folder / ".hidden.png"]) == [folder / ".hidden.png"]
    assert find_images([]) == []


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_find_images_follows_links_but_not_in_circles(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.png").write_bytes(b"")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "linked").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "up").symlink_to(tmp_path / "pictures")
    assert find_images([tmp_path / "pictures"]) == [tmp_path / "pictures/linked/a.png"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_to_itself_is_left_to_its_reader(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    assert find_images([tmp_path]) == [tmp_path / "a.png", tmp_path / "loop.jpg"]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no such rights there")
def test_a_folder_that_may_not_be_read_is_left_to_its_reader_or_raises(tmp_path: Path) -> None:
    (tmp_path / "dog").mkdir()
    with unreadable(tmp_path / "dog"):
        assert find_images([tmp_path]) == [tmp_path / "dog"]
        with pytest.raises(PermissionError, match="dog"):
            list(image_names(tmp_path, strict=True))
