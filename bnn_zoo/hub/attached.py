"""Whose weights a model holds: their record goes along with it."""

from __future__ import annotations

from bnn_zoo._keras import keras
from bnn_zoo.hub.weight_set import WeightSet


def weight_set_of(model: keras.Model) -> WeightSet | None:
    """The record of the weights that were loaded into a model, if any."""
    return getattr(model, "_bnn_zoo_weights", None)


def attach_weight_set(model: keras.Model, weights: WeightSet | None) -> None:
    """Has a model remember whose weights it holds: `weight_set_of` gives the record, and pictures are prepared by it.

    Args:
        model: the weights are in it already.
        weights: their record; None for a model without, which stays as it is.
    """
    if weights is not None:
        model._bnn_zoo_weights = weights
