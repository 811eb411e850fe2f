"""A small network of the zoo, with weights that are no initial ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from bnn_zoo._keras import keras
from bnn_zoo.models import find_architecture
from bnn_zoo.models.build import build_model

ARGUMENTS = {"filters": 8, "section_blocks": (1, 1)}


def small_network(seed: int = 0, name: str = "birealnet", num_classes: int | None = 10, **arguments: Any) -> keras.Model:
    """A network for pictures of 32x32, its weights drawn anew."""
    arguments = {**(ARGUMENTS if name == "birealnet" else {}), **arguments}
    model = build_model(find_architecture(name), input_shape=(32, 32, 3), num_classes=num_classes, arguments=arguments)
    rng = np.random.default_rng(seed)
    model.set_weights(
        [
            rng.uniform(0.05, 1, weight.shape) * rng.choice([-1, 1], weight.shape) ** (weight.ndim > 1)
            for weight in model.get_weights()
        ]
    )
    return model


def outputs(model: keras.Model, pictures: np.ndarray | None = None) -> np.ndarray:
    """What the network makes of the pictures; of two of 32x32 if none are given."""
    if pictures is None:
        pictures = np.random.default_rng(7).normal(size=(2, 32, 32, 3)).astype(np.float32)
    return model(pictures, training=False).numpy()


def snapshot(model: keras.Model) -> list[bytes]:
    """The bytes of all weights."""
    return [weight.tobytes() for weight in model.get_weights()]
