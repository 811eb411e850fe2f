"""BNext's blocks compute what the paper says, and the share of a mix stays a share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from narrow import noise, randomize

from bnn_zoo import blocks
from bnn_zoo._keras import keras

BLOCK = "a"


def block(**arguments: Any) -> keras.Model:
    images = keras.Input((12, 12, 16))
    model = randomize(keras.Model(images, blocks.mix_to_binary_conv(images, name=BLOCK, **arguments)))
    model.get_layer("a_gate_mix").set_weights([np.linspace(0, 1, 16)])
    return model


def weights(model: keras.Model, part: str) -> list[np.ndarray]:
    return [weight.astype(np.float64) for weight in model.get_layer(f"{BLOCK}_{part}").get_weights()]


def expected(model: keras.Model, x: np.ndarray, strides: int, elementwise_attention: bool) -> np.ndarray:
    """The block by the formulas of the paper, the two maps mixed before their mean is taken."""

    def norm(y: np.ndarray, part: str) -> np.ndarray:
        gamma, beta, mean, variance = weights(model, part)
        return gamma * (y - mean) / np.sqrt(variance + 1e-3) + beta

    def prelu(y: np.ndarray, part: str) -> np.ndarray:
        return np.maximum(y, 0) + weights(model, part)[0] * np.minimum(y, 0)

    def pool(y: np.ndarray) -> np.ndarray:
        return y.reshape(len(y), 12 // strides, strides, 12 // strides, strides, 16).mean(axis=(2, 4))

    convolution = keras.Model(model.input, model.get_layer(f"{BLOCK}_conv").output)
    y = prelu(norm(convolution(x.astype(np.float32)).numpy().astype(np.float64), "conv_bn"), "conv_prelu")
    (share,) = weights(model, "gate_mix")
    mixed = (share * pool(x) + (1 - share) * y).mean(axis=(1, 2))
    for part in ("gate_reduce", "gate_expand"):
        kernel, bias = weights(model, part)
        mixed = mixed @ kernel + bias
        mixed = np.maximum(mixed, 0) if part == "gate_reduce" else 1 / (1 + np.exp(-mixed))
    shortcut = pool(prelu(x, "shortcut_prelu") if elementwise_attention else x)
    y = mixed[:, None, None, :] * y * (shortcut if elementwise_attention else 1)
    return norm(y, "bn") + shortcut


@pytest.mark.parametrize("elementwise_attention", [False, True])
@pytest.mark.parametrize(("kernel_size", "strides"), [(3, 1), (3, 2), (1, 1)])
def test_the_formulas_of_the_paper(kernel_size: int, strides: int, elementwise_attention: bool) -> None:
    model = block(kernel_size=kernel_size, strides=strides, elementwise_attention=elementwise_attention)
    x = noise(12, 12, 16)
    found = model(x, training=False).numpy()
    wanted = expected(model, x.astype(np.float64), strides, elementwise_attention)
    assert found.shape == wanted.shape == (4, 12 // strides, 12 // strides, 16)
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4 * wanted.std())


def test_a_widening_is_a_block_a_copy() -> None:
    images = keras.Input((12, 12, 8))
    model = randomize(keras.Model(images, blocks.mix_to_binary_widening(images, copies=3, name=BLOCK)))
    x = noise(12, 12, 8)
    parts = [keras.Model(images, model.get_layer(f"a_copy{copy}_add").output)(x, training=False).numpy() for copy in range(3)]
    assert not np.allclose(parts[0], parts[1])
    assert np.array_equal(model(x, training=False).numpy(), np.concatenate(parts, axis=-1))


def test_a_share_starts_at_half_and_stays_between_0_and_1() -> None:
    first, second = keras.Input((3,)), keras.Input((3,))
    from bnn_zoo.blocks.channel_layers import ChannelMix

    model = keras.Model([first, second], ChannelMix(name="mix")([first, second]))
    ones, zeros = np.ones((1, 3), np.float32), np.zeros((1, 3), np.float32)
    assert model([ones, zeros]).numpy().tolist() == [[0.5] * 3]
    model.compile(keras.optimizers.SGD(10.0), "mse")
    model.fit([ones, zeros], np.array([[5.0, -5.0, 0.5]]), epochs=1, verbose=0)
    share = model.get_layer("mix").share.numpy()
    assert share[:2].tolist() == [1.0, 0.0] and 0 < share[2] < 1
