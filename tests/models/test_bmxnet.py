"""MeliusNets from 29 on and BinaryResNetE34 are their authors' networks, trained with BMXNet 2."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from narrow import narrow

from bnn_zoo._keras import keras, larq, tf

pytestmark = pytest.mark.usefixtures("clear_session")


def binary_layers(model: keras.Model) -> list[Any]:
    return [layer for layer in model.layers if getattr(layer, "input_quantizer", None) is not None]


def gradient(quantizer: Any, values: list[float]) -> list[float]:
    x = tf.constant(values)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = quantizer(x)
    return tape.gradient(y, x).numpy().tolist()


@pytest.mark.parametrize("name", ["meliusnet29", "meliusnet_a", "binary_resnet_e34"])
def test_binary_convolutions_are_bmxnets(name: str) -> None:
    layers = binary_layers(narrow(name))
    assert layers
    for layer in layers:
        assert (layer.pad_values, layer._get_spatial_padding_same((9, 9))) == (-1.0, [(1, 1), (1, 1)])
        assert gradient(layer.input_quantizer, [-1.4, -1.2, 1.2, 1.4]) == [0, 1, 1, 0]
        assert gradient(layer.kernel_quantizer, [-9.0, 0.1, 9.0]) == [1, 1, 1]
        assert not isinstance(layer.kernel_constraint, larq.constraints.WeightClip)


@pytest.mark.parametrize("size", [224, 225, 240])
def test_transitions_drop_odd_rows(size: int) -> None:
    assert narrow("meliusnet29", input_shape=(size, size, 3), include_top=False).output_shape[1:3] == (7, 7)
    assert narrow("meliusnet22", input_shape=(size, size, 3), include_top=False).output_shape[1] == (7 if size == 224 else 8)


def test_the_picture_is_normalized_first_without_a_gamma() -> None:
    norm = narrow("binary_resnet_e34").layers[1]
    assert isinstance(norm, keras.layers.BatchNormalization)
    assert [weight.shape.as_list() for weight in norm.trainable_weights] == [[3]] and norm.beta is norm.trainable_weights[0]
    assert norm.epsilon == np.float64(2e-5)
    assert not isinstance(narrow("binary_resnet_e18").layers[1], keras.layers.BatchNormalization)
