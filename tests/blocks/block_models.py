"""A block as a model, and what it is made of."""

from __future__ import annotations

from typing import Any

from bnn_zoo._keras import keras


def model_of(block: Any, *arguments: Any, shape: tuple[int, ...] = (8, 8, 16), **options: Any) -> keras.Model:
    images = keras.Input(shape)
    return keras.Model(images, block(images, *arguments, **options))


def kinds(model: keras.Model) -> list[str]:
    return [type(layer).__name__ for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
