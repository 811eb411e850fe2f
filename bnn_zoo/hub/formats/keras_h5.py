"""Keras .h5 weight files, read layer by layer in the order of the layers: names in the file do not matter."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np

from bnn_zoo._keras import keras
from bnn_zoo.hub.errors import WeightFileError, WeightMismatchError


def load(model: keras.Model, path: Path, leave_out: Collection[str]) -> None:
    """Fills a model from an .h5 file that Keras's `save_weights` wrote; `leave_out` names layers that keep what they have.

    Only arrays are read: nothing is unpickled, and no configuration in the file is looked at.

    Raises:
        WeightFileError: if the file is damaged.
        WeightMismatchError: if it does not fit; the model is then as it was.
    """
    layers = [layer for layer in model.layers if layer.weights]
    stored = _read(path)
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
            assignments.append((variable, array))
    for variable, array in assignments:
        variable.assign(array)


def _read(path: Path) -> list[tuple[str, list[tuple[str, np.ndarray]]]]:
    """The file's layers that have weights, each with its arrays by name, in the file's order."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            root = file["model_weights"] if "layer_names" not in file.attrs and "model_weights" in file else file
            found = []
            for layer in _names(root, "layer_names"):
                tensors = [(name, _array(root[layer], name, path)) for name in _names(root[layer], "weight_names")]
                if tensors:
                    found.append((layer, tensors))
            return found
    except (OSError, KeyError, ValueError, TypeError, RuntimeError, AttributeError, UnicodeDecodeError, MemoryError) as error:
        raise WeightFileError(
            f"{path}: not a readable Keras .h5 weight file ({' '.join(str(error).split())[:200]}); fetch or save it again."
        ) from error


def _names(group: object, attribute: str) -> list[str]:
    """Keras splits a long list of names over several attributes: layer_names0, layer_names1, ..."""
    attributes = group.attrs  # type: ignore[attr-defined]
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


def _array(group: object, name: str, path: Path) -> np.ndarray:
    dataset = group[name]  # type: ignore[index]
    # A header may claim any shape: without compression an array cannot be larger than the file it lies in.
    if dataset.nbytes > 64 * path.stat().st_size or dataset.external or dataset.is_virtual:
        raise ValueError(f"the tensor {name!r} claims {dataset.nbytes} bytes")
    return dataset[()]
