"""Batch norm, with the settings of the network's record."""

from __future__ import annotations

from typing import Any

from bnn_zoo._keras import Tensor, keras
from bnn_zoo.blocks.binarization import Binarization


def batch_norm(x: Tensor, binarization: Binarization | None = None, *, name: str | None = None) -> Tensor:
    """Batch norm with trainable beta, and gamma unless the record says otherwise.

    Args:
        x: (..., channels).
        binarization: gives momentum, epsilon and whether there is a gamma.
        name: of the layer.

    Returns:
        A tensor of the shape of `x`.

    Source: Batch Normalization, Ioffe and Szegedy, 2015, arXiv 1502.03167.
    """
    return batch_norm_layer(binarization, name=name)(x)


def batch_norm_layer(binarization: Binarization | None = None, *, name: str | None = None) -> Any:
    """The layer of `batch_norm`, which may be called on several tensors."""
    settings = binarization or Binarization()
    return keras.layers.BatchNormalization(momentum=settings.momentum, epsilon=settings.epsilon, scale=settings.scale, name=name)
