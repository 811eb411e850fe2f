"""Pictures for the commands that learn: two classes that a network tells apart at once, bright and dark."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


def shades(count: int) -> Iterator[tuple[str, bytes]]:
    """Names, with the class as folder, and contents of so many pictures of each class."""
    rng = np.random.default_rng(0)
    for name, base in (("bright", 200), ("dark", 20)):
        for index in range(count):
            file = io.BytesIO()
            Image.fromarray((base + rng.integers(0, 30, (32, 32, 3))).astype("uint8")).save(file, "PNG")
            yield f"{name}/{index:02}.png", file.getvalue()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A .zip with 56 pictures to train on and 12 to score."""
    path = tmp_path_factory.mktemp("data") / "shades.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for split, count in (("train", 28), ("test", 6)):
            for name, content in shades(count):
                archive.writestr(f"{split}/{name}", content)
    return path


@pytest.fixture(scope="session")
def picture_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 24 pictures, without splits."""
    folder = tmp_path_factory.mktemp("data") / "shades"
    for name, content in shades(12):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder
