"""Keras .h5 weight files, read layer by layer in the order of the layers: names in the file do not matter."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from bnn_zoo._error_words import in_one_line
from bnn_zoo._keras import keras
from bnn_zoo.hub.errors import WeightFileError, WeightMismatchError
from bnn_zoo.hub.variables import cast, check_numbers, finalize_state

#: Bytes that all arrays of a file may take, as a multiple of its size: Keras does not compress, other programs may.
_MOST_EXPANSION = 4

#: Seconds that reading a file may take, and bytes a second that it reads at least.
_PATIENCE, _SLOWEST = 20.0, 10_000_000

_TRIAL = "bnn_zoo.hub.formats.h5_trial"

#: What runs it, given the module, the file and this process's path. With `-m`, modules in the current folder would come first.
_START = "import sys; sys.path[:] = sys.argv[3:]; import importlib; importlib.import_module(sys.argv[1]).main(sys.argv[2])"


def check(path: Path) -> None:
    """Reads a file whose hash nobody knows in a process of its own: damaged ones can crash the HDF5 library, or hang it.

    Raises:
        WeightFileError: if it is not readable.
    """
    patience = _PATIENCE + path.stat().st_size / _SLOWEST
    command = [sys.executable, "-c", _START, _TRIAL, str(path), *(entry for entry in sys.path if isinstance(entry, str))]
    try:
        done = subprocess.run(command, timeout=patience, capture_output=True, text=True, check=False)
    except subprocess.TimeoutExpired as error:
        raise WeightFileError(f"{path}: is damaged: reading it does not end; fetch or save it again.") from error
    if done.returncode < 0:
        raise WeightFileError(f"{path}: is damaged: reading it crashes the HDF5 library; fetch or save it again.")
    if done.returncode:
        raise WeightFileError(done.stderr.strip()[-500:] or f"{path}: not a readable Keras .h5 weight file.")


def load(model: keras.Model, path: Path, leave_out: Collection[str]) -> None:
    """Fills a model from an .h5 file that Keras's `save_weights` wrote; `leave_out` names layers that keep what they have.

    Only arrays are read: nothing is unpickled, and no configuration in the file is looked at.

    Raises:
        WeightFileError: if the file is damaged, or holds NaN.
        WeightMismatchError: if it does not fit; the model is then as it was.
    """
    layers = [layer for layer in model.layers if layer.weights]
    stored = read(path)
    kept = [layer for layer in layers if layer.name not in leave_out]
    if len(stored) == len(kept):
        # A file without top has no place for the layers that are left out.
        layers = kept
    if len(stored) != len(layers):
        raise WeightMismatchError(f"{path}: holds {len(stored)} layers with weights, {model.name} has {len(layers)}.")
    assignments = []
    for (name, arrays), layer in zip(stored, layers, strict=True):
        if layer.name in leave_out:
            continue
        variables = layer.weights
        if len(arrays) != len(variables):
            raise WeightMismatchError(
                f"{path}: the layer {name!r} holds {len(arrays)} tensors, {layer.name} of {model.name} has {len(variables)}."
            )
        for (tensor, array), variable in zip(arrays, variables, strict=True):
            if array.shape != tuple(variable.shape):
                raise WeightMismatchError(
                    f"{path}: the tensor {tensor!r} is {array.shape} in the file but {tuple(variable.shape)} in {model.name} "
                    f"({layer.name}): file and network have other arguments, or the input size is fixed."
                )
            check_numbers(tensor, array, variable, str(path))
            assignments.append((variable, array))
    for variable, array in assignments:
        variable.assign(cast(array, variable))
    finalize_state(model)


def read(path: Path) -> list[tuple[str, list[tuple[str, np.ndarray]]]]:
    """The file's layers that have weights, each with its arrays by name, in the file's order.

    Raises:
        WeightFileError: if the file is damaged, or reaches for other files.
    """
    import h5py

    try:
        with h5py.File(path, "r") as file:
            root = file
            if "layer_names" not in file.attrs and "model_weights" in file:
                root = _member(file, "model_weights")
            named = any(name.startswith("layer_names") for name in root.attrs)
            if not named and ("_layer_checkpoint_dependencies" in root or "layers" in root):  # a layer may be called so
                raise ValueError('it has the layout of NAME.weights.h5; save it with model.save_weights("NAME.h5")')
            found = []
            allowed = _MOST_EXPANSION * path.stat().st_size
            for layer in _names(root, "layer_names"):
                group = _member(root, layer)
                tensors = []
                for name in _names(group, "weight_names"):
                    array = _array(_member(group, name), name, allowed)
                    allowed -= array.nbytes
                    tensors.append((name, array))
                if tensors:
                    found.append((layer, tensors))
            return found
    except (OSError, LookupError, ValueError, TypeError, RuntimeError, AttributeError, OverflowError, MemoryError) as error:
        raise WeightFileError(
            f"{path}: not a readable Keras .h5 weight file ({in_one_line(error, 200)}); fetch or save it again."
        ) from error


def _names(group: Any, attribute: str) -> list[str]:
    """Keras splits a long list of names over several attributes: layer_names0, layer_names1, ..."""
    attributes = group.attrs
    values = []
    if attribute in attributes:
        values = list(attributes[attribute])
    else:
        part = 0
        while f"{attribute}{part}" in attributes:
            values += list(attributes[f"{attribute}{part}"])
            part += 1
        if not part:
            raise KeyError(f"no attribute {attribute}")
    return [value.decode("utf-8") if isinstance(value, bytes) else str(value) for value in values]


def _member(group: Any, name: str) -> Any:
    """What lies below a group at a path, if it lies in this very file: a link may lead to any file of this machine."""
    import h5py

    for part in name.split("/"):
        if not isinstance(group, h5py.Group) or not isinstance(group.get(part, getlink=True), h5py.HardLink):
            raise ValueError(f"{name!r} is missing, or a link that leads elsewhere")
        group = group[part]
    return group


def _array(dataset: Any, name: str, allowed: int) -> np.ndarray:
    import h5py

    if not isinstance(dataset, h5py.Dataset) or dataset.external or dataset.is_virtual:
        raise ValueError(f"{name!r} is no tensor, or one whose numbers lie in another file")
    if dataset.dtype.kind not in "fiub" or dataset.shape is None:
        raise ValueError(f"the tensor {name!r} holds {dataset.dtype}, not numbers")
    # A header may claim any shape.
    if dataset.nbytes > allowed:
        raise ValueError(f"the tensor {name!r} claims {dataset.nbytes} bytes, more than the file could hold")
    return dataset[()]
