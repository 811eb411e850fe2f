"""How far two runtimes, or two models, are from each other on the same pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bnn_zoo.deploy.keras_runtime import KerasRuntime


@dataclass(frozen=True)
class Difference:
    """What changes between two ways to run a network.

    Args:
        pictures: how many were compared.
        top1_changes: of how many the likeliest class is another one, of the whole picture or of any pixel.
        largest: the largest absolute difference of an output.
        beyond: how many pictures have an output that differs by more than `tolerance`, or is no number.
        tolerance: for `beyond`.
    """

    pictures: int
    top1_changes: int
    largest: float
    beyond: int
    tolerance: float


def compare(first: Any, second: Any, images: Any, *, batch_size: int = 32, tolerance: float = 1e-4) -> Difference:
    """Runs both on the same pictures.

    Args:
        first: a runtime or a keras.Model.
        second: another.
        images: (batch, height, width, channels), as the networks take them.
        batch_size: how many at a time.
        tolerance: below it outputs count as the same.

    Returns:
        The difference.

    Raises:
        ValueError: if their outputs have different shapes.
    """
    one, two = (_outputs(which, images, batch_size) for which in (first, second))
    if one.shape != two.shape:
        raise ValueError(
            f"one gives outputs of the shape {one.shape}, the other {two.shape}; compare two networks for the same task."
        )
    if not one.size:
        return Difference(len(one), 0, 0.0, 0, tolerance)
    apart = np.abs(one - two).reshape(len(one), -1).max(axis=1)
    changed = (one.argmax(axis=-1) != two.argmax(axis=-1)).reshape(len(one), -1).any(axis=1)
    return Difference(len(one), int(changed.sum()), float(apart.max()), int(np.sum(~(apart <= tolerance))), tolerance)


def _outputs(runtime: Any, images: Any, batch_size: int) -> np.ndarray:
    if not hasattr(runtime, "backend"):
        if len(images):
            return np.asarray(runtime.predict(images, batch_size=batch_size, verbose=0))
        runtime = KerasRuntime(runtime)  # Keras itself refuses to predict nothing
    return runtime.predict(images, batch_size=batch_size)
