"""Every notebook runs from top to bottom in a small setting, and keeps the outputs of a whole run."""

from __future__ import annotations

import base64
import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bnn_zoo.data.labels import class_labels

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
NAMES = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))

#: What no reader has: folders of the machine that a notebook was run on.
MACHINE = re.compile(r"(?<![\w.])/(?:home|root|work|tmp|Users|usr|opt|var)/|[A-Z]:\\\\")


def cells(name: str) -> list[dict[str, Any]]:
    return json.loads((NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]


def code(name: str) -> list[dict[str, Any]]:
    return [cell for cell in cells(name) if cell["cell_type"] == "code"]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Three classes that differ in colour, twelve pictures each."""
    return save_pictures(tmp_path / "pictures", {"blue": (20, 20, 220), "green": (20, 220, 20), "red": (220, 20, 20)}, 12)


@pytest.fixture
def cifar10(tmp_path: Path) -> Path:
    """CIFAR-10's ten classes, four pictures each."""
    shades = {name: (20 * place, 20 * place, 20 * place) for place, name in enumerate(class_labels("cifar10"), 1)}
    return save_pictures(tmp_path / "cifar10", shades, 4)


def save_pictures(folder: Path, colours: dict[str, tuple[int, int, int]], count: int) -> Path:
    rng = np.random.default_rng(0)
    for name, colour in colours.items():
        (folder / name).mkdir(parents=True)
        for index in range(count):
            values = np.clip(np.array(colour) + rng.integers(-20, 20, (40, 50, 3)), 0, 255).astype("uint8")
            Image.fromarray(values).save(folder / name / f"{index:02}.png")
    return folder


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", NAMES)
def test_it_runs_from_top_to_bottom(
    name: str, pictures: Path, cifar10: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import nbclient
    import nbformat

    monkeypatch.setenv("BNN_ZOO_NOTEBOOK", "small")
    monkeypatch.setenv("BNN_ZOO_PICTURES", str(pictures))
    monkeypatch.setenv("BNN_ZOO_CIFAR10", str(cifar10))
    # Of whatever kernels there are, the one of this interpreter.
    monkeypatch.setenv("JUPYTER_PATH", f"{sys.prefix}/share/jupyter")
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = nbclient.NotebookClient(notebook, timeout=500, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
    # The reader's own files stay where they are, and nothing is left beside them.
    assert {path.name for path in tmp_path.iterdir()} <= {"pictures", "cifar10", "jupyter"}


@pytest.mark.parametrize("name", NAMES)
def test_outputs_are_those_of_one_whole_run(name: str) -> None:
    counts = [cell["execution_count"] for cell in code(name)]
    assert counts == list(range(1, len(counts) + 1))
    outputs = [output for cell in code(name) for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"]
    pictures = [output["data"]["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    assert pictures and all(len(base64.b64decode(picture)) > 3000 for picture in pictures)


@pytest.mark.parametrize("name", NAMES)
def test_no_folder_of_the_machine_is_shown(name: str) -> None:
    texts = []
    for cell in cells(name):
        texts.append("".join(cell["source"]))
        for output in cell.get("outputs", []):
            texts.append("".join(output.get("text", "")))
            texts += ["".join(value) for kind, value in output.get("data", {}).items() if kind.startswith("text/")]
    assert not [found for text in texts for found in MACHINE.findall(text)]


@pytest.mark.parametrize("name", NAMES)
def test_it_opens_on_colab(name: str) -> None:
    first = "".join(code(name)[0]["source"])
    assert "google.colab" in first and "%pip install" in first and "bnn-zoo[notebooks]" in first


def test_fine_tuning_beats_training_from_scratch_in_under_ten_minutes() -> None:
    text = "".join("".join(output.get("text", "")) for cell in code("fine_tune") for output in cell["outputs"])
    runs = re.findall(r"seed \d+: fine-tuned ([\d.]+) % in (\d+) s, from scratch ([\d.]+) % in (\d+) s", text)
    assert len(runs) >= 3 and all(float(tuned) > float(scratch) for tuned, _, scratch, _ in runs)
    seconds = [int(part) for _, tuning, _, training in runs for part in (tuning, training)]
    assert sum(seconds) + sum(map(int, re.findall(r"epochs, (\d+) s", text))) < 600


@pytest.mark.parametrize("name", ["building_bnns", "compare_architectures"])
def test_without_cifar10_it_says_what_to_do(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    import bnn_zoo

    def unreachable(*_: Any, **__: Any) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(bnn_zoo.data, "load_dataset", unreachable)
    monkeypatch.delenv("BNN_ZOO_CIFAR10", raising=False)
    (source,) = ["".join(cell["source"]) for cell in code(name) if "load_dataset(" in "".join(cell["source"])]
    with pytest.raises(SystemExit, match="set BNN_ZOO_CIFAR10 to a folder or .zip"):
        exec(source, {"os": os, "bnn_zoo": bnn_zoo})


def test_without_pictures_and_network_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    import pooch

    def unreachable(*_: Any, **__: Any) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(pooch, "retrieve", unreachable)
    monkeypatch.delenv("BNN_ZOO_PICTURES", raising=False)
    (source,) = ["".join(cell["source"]) for cell in code("fine_tune") if "def picture_folder" in "".join(cell["source"])]
    import os

    names: dict[str, Any] = {"os": os, "Path": Path}
    with pytest.raises(SystemExit, match="set BNN_ZOO_PICTURES to a folder"):
        exec(source, names)
