"""Forward pass and pseudo-gradient of the quantizers, against their formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bnn_zoo._keras import keras, tf
from bnn_zoo.blocks import Binarization, binary_conv, binary_dense
from bnn_zoo.blocks.quantizers import DoReFaSign, MagnitudeSign, XnorScale

RNG = np.random.default_rng(5)


def _forward_and_gradient(quantizer: Any, x: np.ndarray, dy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    variable = tf.Variable(x)
    with tf.GradientTape() as tape:
        y = quantizer(variable)
    return y.numpy(), tape.gradient(y, variable, output_gradients=tf.constant(dy)).numpy()


def _sign(x: np.ndarray) -> np.ndarray:
    return np.where(x >= 0, 1.0, -1.0)


@pytest.mark.parametrize("shape", [(3, 3, 4, 5), (7, 6)])
def test_xnor_scale(shape: tuple[int, ...]) -> None:
    x = RNG.normal(0, 1, shape).astype("float32")
    x.flat[0], x.flat[1] = 0.0, 3.0
    dy = RNG.normal(0, 1, shape).astype("float32")
    y, gradient = _forward_and_gradient(XnorScale(), x, dy)
    axes = tuple(range(len(shape) - 1))
    clipped = np.clip(x, -1, 1).astype(np.float64)
    scale = np.abs(clipped).mean(axis=axes, keepdims=True)
    assert np.allclose(y, scale * _sign(clipped), rtol=1e-5)
    # Two ways lead from x to y: through the sign (straight through), and through each filter's mean magnitude.
    window = np.abs(x) <= 1
    through_scale = (dy * _sign(clipped)).sum(axis=axes, keepdims=True) * np.sign(clipped) / np.prod(shape[:-1])
    expected = window * (scale * dy + through_scale)
    assert np.allclose(gradient, expected, rtol=1e-4, atol=1e-5)
    assert gradient.flat[1] == 0, "a weight outside the window gets no gradient"


@pytest.mark.parametrize("shape", [(3, 3, 4, 5), (7, 6)])
def test_magnitude_sign(shape: tuple[int, ...]) -> None:
    x = RNG.normal(0, 1, shape).astype("float32")
    x.flat[0], x.flat[1], x.flat[2] = 0.0, 3.0, -1.0
    dy = RNG.normal(0, 1, shape).astype("float32")
    y, gradient = _forward_and_gradient(MagnitudeSign(), x, dy)
    assert np.allclose(y, np.abs(x).mean(axis=tuple(range(len(shape) - 1))) * _sign(x), rtol=1e-5)
    assert np.array_equal(gradient, np.where(np.abs(x) <= 1, dy, 0))


def test_dorefa_sign() -> None:
    x = RNG.normal(0, 1, (3, 3, 4, 5)).astype("float32")
    x.flat[0] = 0.0
    dy = RNG.normal(0, 1, x.shape).astype("float32")
    y, gradient = _forward_and_gradient(DoReFaSign(), x, dy)
    assert np.allclose(y, np.abs(x).mean() * _sign(x), rtol=1e-5)
    assert np.array_equal(gradient, dy)


@pytest.mark.parametrize("name", ["magnitude_sign", "xnor_scale", "dorefa_sign"])
def test_they_survive_json(name: str) -> None:
    settings = Binarization(kernel_quantizer=name)
    images = keras.Input((6, 6, 3))
    x = binary_conv(images, 4, binarization=settings, name="a_conv")
    x = binary_dense(keras.layers.Flatten()(x), 2, binarization=settings, name="a_dense")
    model = keras.Model(images, x)
    again = keras.models.model_from_json(model.to_json())
    again.set_weights(model.get_weights())
    pictures = RNG.normal(0, 1, (2, 6, 6, 3)).astype("float32")
    for layer in ("a_conv", "a_dense"):
        assert type(again.get_layer(layer).kernel_quantizer) is type(model.get_layer(layer).kernel_quantizer)
        assert again.get_layer(layer).kernel_quantizer.precision == 1
    assert np.array_equal(model(pictures).numpy(), again(pictures).numpy())
