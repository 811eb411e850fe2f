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
from bnn_zoo.hub.variables import finalize_state
from bnn_zoo.training.disk import explain_full_disk
from bnn_zoo.training.optimizers import optimizer_state

_NAME = re.compile(r"step-(\d{9})-([0-9a-f]{64})\.safetensors")

#: How many are kept: the newest, and the one before it for the case that the newest is damaged.
KEPT = 2


class OtherNetworkError(ValueError):
    """A run's folder holds what another network, or another optimizer, left."""


@dataclass(frozen=True)
class Position:
    """How far a run is.

    Args:
        step: steps done, counted over all epochs.
        means: of loss and metrics over those of them that are in the present epoch.
    """

    step: int = 0
    means: dict[str, float] = field(default_factory=dict)


def save_checkpoint(folder: Path, model: keras.Model, position: Position, before: int | None = None) -> Path:
    """Writes weights, optimizer and position; then removes all but the newest whole checkpoints.

    The file's hash is part of its name, so that a file that was cut or altered is not taken for a checkpoint.

    Args:
        folder: where the run keeps its checkpoints.
        model: compiled.
        position: how far it is.
        before: step of the run's last whole checkpoint; those of later steps were passed over as damaged, and are removed, so that
            they do not take the place of whole ones. If None, all up to this one are whole.

    Raises:
        OSError: if it cannot be written; older checkpoints are then as they were. If the disk is full, the message says how much
            room is needed and which checkpoint is the last.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {key: copies[0].numpy() for key, copies in _variables(model).items()}
    part = folder / "part.safetensors"
    try:
        with explain_full_disk(folder, sum(tensor.nbytes for tensor in tensors.values()), last_checkpoint(folder)):
            sha256, _ = write_tensor_file(part, tensors, {"position": json.dumps(asdict(position))})
            path = folder / f"step-{position.step:09}-{sha256}.safetensors"
            os.replace(part, path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    listed = _listed(folder)
    whole = [other for step, other in listed if other != path and step <= (position.step if before is None else before)]
    kept = {path, *whole[1 - KEPT :]}
    for _, other in listed:
        if other not in kept:
            other.unlink(missing_ok=True)
    return path


def last_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint in a folder, if there is one."""
    return listed[-1][1] if (listed := _listed(folder)) else None


def restore_checkpoint(folder: Path, model: keras.Model) -> tuple[Position, list[Path]]:
    """Puts the newest sound checkpoint into a compiled model.

    Args:
        folder: where the run keeps its checkpoints.
        model: compiled; as it is if there is no sound checkpoint.

    Returns:
        The position, and the checkpoints that were passed over because they are damaged.

    Raises:
        OtherNetworkError: if a sound checkpoint does not fit.
    """
    # Also where there is none: an optimizer that made its variables while it trained could have them in another order.
    _variables(model)
    damaged: list[Path] = []
    for _, path in reversed(_listed(folder)):
        try:
            return _load(path, model), damaged
        except OtherNetworkError:
            raise
        except (WeightsError, ValueError, KeyError, TypeError):
            damaged.append(path)
    return Position(), damaged


def local_weights(model: keras.Model) -> list[np.ndarray]:
    """A model's weights, read on this machine alone."""
    return [_copies(model, variable)[0].numpy() for variable in model.weights]


def _load(path: Path, model: keras.Model) -> Position:
    named = _NAME.fullmatch(path.name)
    if named is None or file_sha256(path) != named[2]:
        raise ValueError(f"{path}: the file is not what its name says.")
    tensors, metadata = read_tensor_file(path)
    position = Position(**json.loads(metadata["position"]))
    variables = _variables(model)
    if set(variables) != set(tensors) or any(tuple(tensors[key].shape) != tuple(v[0].shape) for key, v in variables.items()):
        raise OtherNetworkError(
            f"{path.parent} holds checkpoints of another network or optimizer; choose an empty folder or remove it."
        )
    for key, copies in variables.items():
        value = np.asarray(tensors[key])
        for copy in copies:
            copy.assign(value.astype(copy.dtype.as_numpy_dtype))
    finalize_state(model)
    return position


def _variables(model: keras.Model) -> dict[str, tuple[Any, ...]]:
    """Each variable's copies on this machine's devices.

    Copies, because to read a batch norm's statistics as one variable all machines have to take part, and only one of them writes.
    They are alike: statistics are of the whole batch.
    """
    state = optimizer_state(model.optimizer, model.trainable_variables)
    named = {f"model.{index:05}": variable for index, variable in enumerate(model.weights)}
    named |= {f"optimizer.{index:05}": variable for index, variable in enumerate(state)}
    return {key: _copies(model, variable) for key, variable in named.items()}


def _copies(model: keras.Model, variable: Any) -> tuple[Any, ...]:
    return model.distribute_strategy.experimental_local_results(variable)


def _listed(folder: Path) -> list[tuple[int, Path]]:
    found = [(int(named[1]), path) for path in folder.glob("step-*") if (named := _NAME.fullmatch(path.name))]
    return sorted(found)
