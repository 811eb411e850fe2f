"""The wheel and the sdist hold all that the package needs, shown by using the wheel elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

USE = """
import pathlib, sys
import bnn_zoo
from bnn_zoo.data import class_labels, sample_pictures
from bnn_zoo.hub import fetch, find_weight_set
from bnn_zoo.hub.sources.package import packaged_weights
home = pathlib.Path(sys.argv[1])
assert home in pathlib.Path(bnn_zoo.__file__).parents, bnn_zoo.__file__
assert packaged_weights() == home / "bnn_zoo" / "weights"
assert len(class_labels("imagenet")) == 1000
assert all(path.is_file() for path, _ in sample_pictures())
assert bnn_zoo.model_info("birealnet").figures.parameters == 11699112
print(fetch(find_weight_set("birealnet", "cifar10")))
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)], check=True, capture_output=True
    )
    return out


def needed() -> set[str]:
    """Data files that must be in both archives, as paths in the repository."""
    package = ROOT / "bnn_zoo"
    folders = (
        *(ROOT / "weights", package / "data" / "labels", package / "data" / "sample_pictures"),
        *(package / "comparison" / "stored_layers", package / "comparison" / "page_files"),
    )
    files = {path for folder in folders for path in folder.rglob("*") if path.is_file()}
    files |= {package / "models" / "figures.json", package / "guide" / "results.json"}
    return {path.relative_to(ROOT).as_posix() for path in files}


def test_the_wheel_works_elsewhere(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for path in needed():
        assert (f"bnn_zoo/{path}" if path.startswith("weights/") else path) in names
    home = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(home), str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    environment = {**os.environ, "PYTHONPATH": str(home)}
    result = subprocess.run(
        [sys.executable, "-c", USE, str(home)], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stderr
    assert str(home) in result.stdout


def test_the_sdist_holds_the_same(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert needed() <= names
    assert {"pyproject.toml", "README.md", "LICENSE"} <= names


def test_all_is_every_extra_for_users_and_what_is_imported_is_declared() -> None:
    project = pytest.importorskip("tomllib").loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    assert extras["all"] == ["bnn-zoo[compare,deploy,tfds,train]"]
    needed = {"urllib3": project["dependencies"], "ml_dtypes": project["dependencies"], "flatbuffers": extras["deploy"]}
    for package, declared in needed.items():
        assert any(entry.startswith(package) for entry in declared), package
