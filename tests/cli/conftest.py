"""Fixtures of this folder: pictures that a network tells apart at once."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="session")
def shades(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two classes, dark and bright, in two splits: 28 and 6 pictures a class."""
    folder = tmp_path_factory.mktemp("data") / "shades"
    rng = np.random.default_rng(0)
    for split, count in (("train", 28), ("test", 6)):
        for name, base in (("bright", 200), ("dark", 20)):
            (folder / split / name).mkdir(parents=True)
            for index in range(count):
                picture = Image.fromarray((base + rng.integers(0, 30, (32, 32, 3))).astype("uint8"))
                picture.save(folder / split / name / f"{index:02}.png")
    return folder


@pytest.fixture(scope="session")
def shades_zip(shades: Path) -> Path:
    """The same as a .zip."""
    path = shades.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for picture in sorted(shades.rglob("*.png")):
            archive.write(picture, picture.relative_to(shades))
    return path
