"""Per-channel multiply-adds that wait to be folded: scales, biases and batch norm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bnn_zoo._keras import keras, tf
from bnn_zoo._layer_graph import Call


@dataclass(frozen=True)
class Step:
    """x -> scale * x + shift, channel by channel.

    Args:
        scale: float64, (channels,).
        shift: float64, (channels,).
        exact: the same on float32 (channels,), with the roundings of Keras.
    """

    scale: np.ndarray
    shift: np.ndarray
    exact: Callable[[np.ndarray], np.ndarray]


def affine_step(scale: np.ndarray, shift: np.ndarray) -> Step:
    """A step that multiplies first, then adds."""
    scale32, shift32 = scale.astype(np.float32), shift.astype(np.float32)
    return Step(scale.astype(np.float64), shift.astype(np.float64), lambda x: x * scale32 + shift32)


def is_batch_norm_step(call: Call) -> bool:
    """Whether a call is batch norm as `batch_norm_step` describes it: over the last axis, by the statistics that it has kept."""
    layer = call.layer
    if type(layer) is not keras.layers.BatchNormalization:  # a subclass may compute something else
        return False
    # A frozen layer keeps to its statistics in training too.
    return list(layer.axis) in ([-1], [layer.input_spec.ndim - 1]) and not (call.training and layer.trainable)


def batch_norm_step(layer: Any) -> Step:
    """The step of a Keras BatchNormalization in inference; see `is_batch_norm_step`."""
    mean = np.asarray(layer.moving_mean, np.float64)
    # In float32, as Keras adds it: a variance of 1 - epsilon then divides by 1.
    variance = (np.asarray(layer.moving_variance, np.float32) + np.float32(layer.epsilon)).astype(np.float64)
    gamma = np.asarray(layer.gamma, np.float64) if layer.scale else np.ones_like(mean)
    beta = np.asarray(layer.beta, np.float64) if layer.center else np.zeros_like(mean)
    # Rounded, as Keras has it: where the mean cancels out, the same factor must stand before picture and mean.
    scale = (gamma / np.sqrt(variance)).astype(np.float32).astype(np.float64)
    rank = layer.input_spec.ndim if layer.input_spec is not None else 4

    def exact(x: np.ndarray) -> np.ndarray:
        features = tf.constant(x.reshape((1,) * (rank - 1) + (-1,)).astype(np.float32))
        return np.asarray(layer(features, training=False), np.float32).reshape(-1)

    return Step(scale, beta - mean * scale, exact)


def merged(steps: Sequence[Step], channels: int) -> tuple[np.ndarray, np.ndarray]:
    """Scale and shift of all steps together, float64."""
    scale, shift = np.ones(channels), np.zeros(channels)
    for step in steps:
        scale, shift = scale * step.scale, shift * step.scale + step.shift
    return scale, shift


def exactly(steps: Sequence[Step]) -> Callable[[np.ndarray], np.ndarray]:
    """All steps one after the other, with the roundings of Keras."""

    def function(x: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):
            for step in steps:
                x = step.exact(x)
        return x

    return function
