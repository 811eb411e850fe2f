"""Packed safetensors, this package's own format."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from bnn_zoo._keras import keras
from bnn_zoo.hub.packing import decode
from bnn_zoo.hub.tensor_file import read_tensor_file
from bnn_zoo.hub.variables import put_weights


def check(path: Path) -> None:
    """Nothing: `load` believes nothing in a file, known or not."""


def load(model: keras.Model, path: Path, leave_out: Collection[str]) -> None:
    """Fills a model by the names of its variables; `leave_out` names layers that keep what they have.

    Raises:
        WeightFileError: if the file is damaged.
        WeightMismatchError: if it does not fit; the model is then as it was.
    """
    put_weights(model, decode(*read_tensor_file(path)), str(path), leave_out)
