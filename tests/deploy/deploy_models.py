"""Networks for the tests of deployment: small, with batch norm of every kind."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from narrow import NARROW

from bnn_zoo._keras import keras
from bnn_zoo._layer_graph import read_layer_graph
from bnn_zoo.zoo import create_model

#: Sizes that no power of two divides, and that each network takes.
ODD_SIZE = (37, 45, 3)


@dataclasses.dataclass(frozen=True)
class Sample:
    """A network with random weights, and pictures of which no feature lies where rounding decides."""

    name: str
    model: keras.Model
    pictures: np.ndarray


def narrow_model(name: str, **arguments: Any) -> keras.Model:
    """A narrow network with random weights and batch norm."""
    arguments = {"input_shape": (32, 32, 3), **NARROW[name], **arguments}
    if arguments.get("include_top", True):
        arguments.setdefault("num_classes", 10)
    return random_norms(create_model(name, **arguments))


def random_norms(model: keras.Model, seed: int = 0) -> keras.Model:
    """Random weights; gammas of both signs, and some that are 0."""
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        kind = variable.name.split("/")[-1].split(":")[0]
        if kind == "moving_variance":
            value = rng.uniform(0.5, 4, variable.shape)
        elif kind == "gamma":
            value = rng.normal(0.5, 1, variable.shape) * (rng.random(variable.shape) > 0.1)
        elif len(variable.shape) == 1:
            value = rng.normal(0, 0.5, variable.shape)
        elif "blur" in variable.name:
            continue
        else:
            value = rng.normal(0, 0.3, variable.shape)
        variable.assign(value.astype(np.float32))
    return unsaturated(model)


def unsaturated(model: keras.Model) -> keras.Model:
    """Scales the head so that no probability is nearly 1: a saturated softmax would hide every difference."""
    if len(model.output_shape) != 2 and model.layers[-1].name != "head_softmax":
        return model
    inputs = np.random.default_rng(1).normal(size=(4, *(side or 32 for side in model.input_shape[1:]))).astype(np.float32)
    logits = keras.Model(model.input, model.layers[-1].input)(inputs, training=False).numpy()
    factor = 1.5 / float(logits.std())
    layer = next(layer for layer in reversed(model.layers) if layer.weights)
    if not isinstance(layer, keras.layers.BatchNormalization):
        layer.set_weights([weight * factor for weight in layer.get_weights()])
        return model
    for variable in (layer.gamma, layer.beta) if layer.scale else (layer.beta,):
        variable.assign(variable * factor)
    if not layer.scale:
        layer.moving_variance.assign((layer.moving_variance + layer.epsilon) / factor**2 - layer.epsilon)
    return model


def sure_pictures(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Those pictures of which no feature lies so close to where a quantizer jumps that rounding decides.

    Two orders of adding float32 numbers differ by up to a few millionths of the features' size. A feature that is nearer to a jump
    can be binarized either way, and everything behind it changes: between two versions of TensorFlow as well.
    """
    calls = [call for call in read_layer_graph(model).calls if getattr(call.layer, "input_quantizer", None) is not None]
    sure = np.ones(len(images), bool)
    quantized = keras.Model(model.input, [call.node.keras_inputs[0] for call in calls])(images)
    for call, features in zip(calls, quantized, strict=True):
        values = np.asarray(features).reshape(len(images), -1)
        jumps = [0.0]
        if hasattr(call.layer.input_quantizer, "mode"):
            steps = 2**call.layer.input_quantizer.precision - 1
            jumps = [(step + 0.5) / steps for step in range(steps)]
        for jump in jumps:
            distance = np.abs(values - jump)
            # Exactly at a jump are sums of integers and what a ReLU cut off; these do not round.
            distance[distance == 0] = np.inf
            sure &= distance.min(axis=1) > 2e-6 * np.abs(values).mean()
    assert sure.sum() >= 3, "too few pictures are left to compare; give more"
    return images[sure]
