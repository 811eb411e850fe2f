"""What the README shows is true: its table is current, its code runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import bnn_zoo
from bnn_zoo.comparison.readme_table import put_table
from bnn_zoo.guide.readme import FIGURE, put_results, results_hash

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def snippet(holding: str) -> str:
    (found,) = [code for code in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if holding in code]
    return found


def test_the_table_is_current() -> None:
    assert put_table(README) == README


def test_the_guides_table_and_figure_are_current() -> None:
    assert put_results(README) == README
    assert Image.open(ROOT / FIGURE).text["Source"] == results_hash()  # type: ignore[attr-defined]


def test_a_new_network_from_blocks_in_twenty_lines_trains() -> None:
    code = snippet("blocks.residual_stem")
    assert len(code.strip().splitlines()) <= 20
    names: dict[str, Any] = {}
    exec(code, names)
    model = names["mine"]
    before = [weight.numpy().copy() for weight in model.trainable_weights]
    rng = np.random.default_rng(0)
    model.train_on_batch(rng.normal(size=(8, 32, 32, 3)).astype("float32"), rng.integers(0, 10, 8))
    changed = [not np.array_equal(old, new.numpy()) for old, new in zip(before, model.trainable_weights, strict=True)]
    assert all(changed)


def test_the_tour_runs_from_top_to_bottom(tmp_path: Path, monkeypatch: Any) -> None:
    """Every snippet, one after the other, in one and the same session; what the reader has is put in before."""
    from bnn_zoo.data.samples import sample_pictures

    monkeypatch.chdir(tmp_path)
    pictures = {label: path for path, label in sample_pictures()}
    Path("cat.jpg").write_bytes(pictures["cat"].read_bytes())
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (48, 80, 3)).astype("uint8")).save("street.jpg")
    small = {"filters": 8, "section_blocks": (1, 1, 1, 1), "bases": 2}
    bnn_zoo.save_pretrained(bnn_zoo.GroupNet18Segmentation(num_classes=21, input_shape=(64, 64, 3), **small), "run/model")
    names: dict[str, Any] = {"pictures": rng.integers(0, 256, (16, 32, 32, 3)).astype("uint8"), "labels": rng.integers(0, 3, 16)}
    seen: list[dict[str, Any]] = []
    for code in re.findall(r"```python\n(.*?)```", README, re.DOTALL):
        if "images.npy" in code:
            np.save("images.npy", names["bnn_zoo"].preprocess(names["images"], names["model"]))
        exec(code.replace('"quicknet"', '"quicknet_small"'), names)
        seen.append(dict(names))
    first, last = seen[0], seen[-1]
    assert first["probabilities"].shape == (1, 10)
    # Keras, OpenVINO in bnn_zoo, and the exported file alone say the same.
    for later in (entry for entry in seen if "runtime" in entry):
        np.testing.assert_allclose(later["probabilities"], first["probabilities"], atol=1e-4)
    assert last["tuned"].output_shape == (None, 3)
    assert [weight.name for weight in last["tuned"].trainable_weights] == ["head_dense/kernel:0", "head_dense/bias:0"]
    # Moving averages and all: what was saved and loaded computes the same.
    x = last["bnn_zoo"].preprocess(last["pictures"], last["again"])
    np.testing.assert_allclose(last["again"].predict(x, verbose=0), last["tuned"].predict(x, verbose=0), rtol=1e-5, atol=1e-6)
    assert [row.name for row in last["comparison"]] == ["birealnet", "quicknet_small", "my_bnn"]
    assert Path("networks.html").stat().st_size > 1e5 and Path("birealnet.xml").exists()
