"""Checkpoints of a run: whole or not there, and known to be sound before they are used."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bnn_zoo._keras import keras
from bnn_zoo.hub.errors import WeightsError
from bnn_zoo.hub.hashing import file_sha256
from bnn_zoo.hub.tensor_file import read_tensor_file, write_tensor_file

_NAME = re.compile(r"step-(\d{9})-([0-9a-f]{64})\.safetensors")

#: How many are kept: the newest, and the one before it for the case that the newest is damaged.
KEPT = 2


@dataclass(frozen=True)
class Position:
    """How far a run is.

    Args:
        step: steps done, counted over all epochs.
        means: of loss and metrics over those of them that are in the present epoch.
    """

    step: int = 0
    means: dict[str, float] = field(default_factory=dict)


def save_checkpoint(folder: Path, model: keras.Model, position: Position) -> Path:
    """Writes weights, optimizer and position; then removes all but the newest checkpoints.

    The file's hash is part of its name, so that a file that was cut or altered is not taken for a checkpoint.

    Raises:
        OSError: if it cannot be written, because the disk is full for example. Older checkpoints are then as they were.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {key: variable.numpy() for key, variable in _variables(model).items()}
    part = folder / "part.safetensors"
    try:
        write_tensor_file(part, tensors, {"position": json.dumps(asdict(position))})
        path = folder / f"step-{position.step:09}-{file_sha256(part)}.safetensors"
        os.replace(part, path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    for _, old in _listed(folder)[:-KEPT]:
        old.unlink(missing_ok=True)
    return path


def restore_checkpoint(folder: Path, model: keras.Model) -> tuple[Position, list[Path]]:
    """Puts the newest sound checkpoint into a compiled model.

    Args:
        folder: where the run keeps its checkpoints.
        model: compiled; as it is if there is no sound checkpoint.

    Returns:
        The position, and the checkpoints that were passed over because they are damaged.
    """
    damaged: list[Path] = []
    for _, path in reversed(_listed(folder)):
        try:
            return _load(path, model), damaged
        except (WeightsError, ValueError, KeyError, TypeError):
            damaged.append(path)
    return Position(), damaged


def _load(path: Path, model: keras.Model) -> Position:
    named = _NAME.fullmatch(path.name)
    if named is None or file_sha256(path) != named[2]:
        raise ValueError(f"{path}: the file is not what its name says.")
    tensors, metadata = read_tensor_file(path)
    position = Position(**json.loads(metadata["position"]))
    variables = _variables(model)
    if set(variables) != set(tensors) or any(tuple(tensors[key].shape) != tuple(v.shape) for key, v in variables.items()):
        raise ValueError(f"{path}: belongs to another network or optimizer.")
    for key, variable in variables.items():
        variable.assign(np.asarray(tensors[key]).astype(variable.dtype.as_numpy_dtype))
    return position


def _variables(model: keras.Model) -> dict[str, Any]:
    model.optimizer.build(model.trainable_variables)
    weights = {f"model.{index:05}": variable for index, variable in enumerate(model.weights)}
    return weights | {f"optimizer.{index:05}": variable for index, variable in enumerate(model.optimizer.variables)}


def _listed(folder: Path) -> list[tuple[int, Path]]:
    found = [(int(named[1]), path) for path in folder.glob("step-*") if (named := _NAME.fullmatch(path.name))]
    return sorted(found)
