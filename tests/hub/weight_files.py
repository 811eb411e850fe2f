"""Weight sets for tests of the way to them: small, sound, and made without TensorFlow."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from bnn_zoo.hub.card import model_card
from bnn_zoo.hub.hashing import file_sha256
from bnn_zoo.hub.packed_kernel import PackedKernel
from bnn_zoo.hub.packing import encode
from bnn_zoo.hub.tensor_file import write_tensor_file
from bnn_zoo.hub.weight_set import Metric, WeightSet, to_json

#: Incompressible, and larger than what sockets hold back.
DATA = np.random.default_rng(0).bytes(400_000)


def record(*sources: str, data: bytes = DATA, **fields: Any) -> WeightSet:
    """A record of a file that can be had from the sources."""
    fields = {"sha256": hashlib.sha256(data).hexdigest(), "format": "keras-h5", "tag": "test", **fields}
    return WeightSet("birealnet", sources=sources, **fields)


def write_weight_set(folder: Path, seed: int = 0, **fields: Any) -> WeightSet:
    """A folder laid out as `save_pretrained` writes it; its record, as the configuration has it."""
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 256, 6 * 3 * 3 * 8, dtype=np.uint8)
    kernel = PackedKernel(bits, rng.uniform(0.1, 1, 8).astype(np.float32), (3, 3, 48, 8))
    weights = {"stem_conv/kernel": rng.normal(size=(3, 3, 3, 48)).astype(np.float32), "block_conv/kernel": kernel}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.safetensors"
    write_tensor_file(path, *encode(weights))
    described = {
        "tag": "test",
        "arguments": {"filters": 8},
        "input_shape": (32, 32, 3),
        "num_classes": 10,
        "license": "Apache-2.0",
        "dataset": "CIFAR-10",
        "metrics": (Metric("top-1", 81.25, "CIFAR-10 test", "a test"), Metric("top-5", 99.0, "CIFAR-10 test", "a test")),
    }
    found = WeightSet("birealnet", **{**described, **fields}, sources=("model.safetensors",))
    found = dataclasses.replace(found, bytes=path.stat().st_size, sha256=file_sha256(path))
    (folder / "README.md").write_text(model_card(found), encoding="utf-8")
    (folder / "config.json").write_text(json.dumps(to_json(found)), encoding="utf-8")
    return found


def files_of(folder: Path) -> dict[str, bytes]:
    """The files of a folder by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}
