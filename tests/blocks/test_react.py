"""The blocks of ReActNet, of A&B BNN and of deep Bi-Real Nets: what they are made of, what they compute, what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from block_models import kinds, model_of

from bnn_zoo import blocks
from bnn_zoo._keras import keras, larq, tf
from bnn_zoo.blocks import Binarization, NormFree
from bnn_zoo.blocks.channel_layers import ChannelBias, ChannelScale, LeakyClip, PowerOfTwoPReLU
from bnn_zoo.blocks.quantizers import SigmoidSign, Standardize, StandardizedSign

RNG = np.random.default_rng(4)


# Layers


def test_channel_bias_and_channel_scale() -> None:
    x = RNG.normal(size=(2, 3, 3, 4)).astype("float32")
    bias, scale = ChannelBias(0.5), ChannelScale(0.25)
    assert np.array_equal(bias(x).numpy(), x * 0.5) and np.array_equal(scale(x).numpy(), x * 0.25)
    bias.set_weights([np.arange(4)])
    scale.set_weights([np.arange(4)])
    assert np.allclose(bias(x).numpy(), x * 0.5 + np.arange(4))
    assert np.allclose(scale(x).numpy(), x * 0.25 * np.arange(4))


def test_slopes_are_powers_of_two_and_their_exponents_learn() -> None:
    layer = PowerOfTwoPReLU()
    x = tf.constant([[-8.0, -8.0, -8.0, 3.0]])
    assert np.array_equal(layer(x).numpy(), [[-1, -1, -1, 3]])
    layer.set_weights([np.array([-1.4, -2.6, 0.2, 1])])
    assert np.array_equal(layer(x).numpy(), [[-4, -1, -8, 3]])
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(x))
    # That of 2^e at the rounded exponent: the rounding lets it through.
    expected = np.log(2) * np.array([0.5, 0.125, 1, 2]) * [-8, -8, -8, 0]
    assert np.allclose(tape.gradient(total, layer.exponent).numpy(), expected)


def test_leaky_clip() -> None:
    x = np.array([-3, -1, -0.3, 0, 0.7, 1, 11], "float32")
    assert np.allclose(LeakyClip()(x).numpy(), [-1.2, -1, -0.3, 0, 0.7, 1, 2])


# Quantizers


def test_standardized_kernels() -> None:
    kernel = RNG.normal(0.5, 3, (3, 3, 8, 5)).astype("float32")
    flat = Standardize()(kernel).numpy().reshape(72, 5)
    assert np.allclose(flat.mean(0), 0, atol=1e-6) and np.allclose(flat.std(0), 72**-0.5, rtol=1e-4)
    signs = StandardizedSign()(kernel).numpy()
    assert np.allclose(np.abs(signs), 72**-0.5)
    assert np.array_equal(np.sign(signs), np.sign(kernel - kernel.mean((0, 1, 2))))
    # Signs alone give the same signs again: all that is stored of a kernel is enough.
    assert np.array_equal(StandardizedSign()(signs * 0.01).numpy(), signs)


def test_the_sign_of_ab_bnn_has_the_gradient_of_a_sigmoid() -> None:
    x = tf.constant([-2.0, -0.5, 0.0, 0.1, 3.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = SigmoidSign()(x)
    assert np.array_equal(y.numpy(), [-1, -1, 1, 1, 1])
    rising = 1 / (1 + np.exp(-3 * x.numpy()))
    assert np.allclose(tape.gradient(y, x).numpy(), 2 * 3 * rising * (1 - rising), atol=1e-6)


# Blocks


def test_react_conv() -> None:
    react = ["ChannelBias", "QuantConv2D", "BatchNormalization", "Add", "ChannelBias", "PReLU", "ChannelBias"]
    assert kinds(model_of(blocks.react_conv)) == react
    halved = model_of(blocks.react_conv, strides=2)
    assert sorted(kinds(halved)) == sorted([*react, "AveragePooling2D"]) and halved.output_shape == (None, 4, 4, 16)
    wider = model_of(blocks.react_conv, 32)
    assert wider.output_shape == (None, 4, 4, 32)
    assert sorted(kinds(wider)) == sorted([*react, "AveragePooling2D", "Conv2D", "BatchNormalization"])


def test_react_conv_without_batch_norm() -> None:
    model = model_of(blocks.react_conv, 32, norm_free=NormFree(alpha=0.5, variance=4.0), name="a")
    assert "BatchNormalization" not in kinds(model) and "PowerOfTwoPReLU" in kinds(model)
    assert model.get_layer("a_threshold").factor == 0.5
    assert model.get_layer("a_gain").factor == 0.5 and model.get_layer("a_shortcut_gain").factor == 1.0
    shortcut = model.get_layer("a_shortcut_conv")
    assert shortcut.kernel_quantizer is not None and shortcut.input_quantizer is None


@pytest.mark.parametrize("field", ["alpha", "variance"])
@pytest.mark.parametrize("value", [0.0, -1, float("nan"), float("inf"), "x", None, True])
def test_numbers_that_a_block_without_batch_norm_cannot_have(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"^{field} is {value!r}; it must be a number above 0"):
        NormFree(**{field: value})


def test_the_threshold_can_hold_the_division() -> None:
    """As NormFree's documentation says."""
    x, bias, factor = RNG.normal(size=1000), RNG.normal(size=1000), NormFree(variance=4.0).variance ** -0.5
    assert np.array_equal(factor * x + bias >= 0, x + bias / factor >= 0) and np.any((factor * x + bias >= 0) != (x + bias >= 0))


def test_the_threshold_moves_the_sign_and_not_the_shortcut() -> None:
    model = model_of(blocks.react_conv, name="a")
    x = np.full((1, 8, 8, 16), 0.5, "float32")
    before = model(x).numpy()
    model.get_layer("a_threshold").set_weights([np.full(16, -0.6)])
    convolved = keras.Model(model.input, model.get_layer("a_conv").output)
    turned = convolved(x).numpy()
    model.get_layer("a_threshold").set_weights([np.full(16, -0.4)])
    assert np.allclose(model(x).numpy(), before) and np.allclose(convolved(x).numpy(), -turned) and np.abs(turned).max() > 0


def test_react_widening_doubles_the_channels_and_keeps_the_input() -> None:
    model = model_of(blocks.react_widening, name="a")
    assert model.output_shape == (None, 8, 8, 32)
    assert kinds(model).count("QuantConv2D") == 2 and kinds(model).count("Add") == 2
    for copy in range(2):
        model.get_layer(f"a_copy{copy}_bn").set_weights([np.zeros(16), np.zeros(16), np.zeros(16), np.ones(16)])
    x = RNG.uniform(0.1, 1, (1, 8, 8, 16)).astype("float32")
    assert np.allclose(model(x).numpy(), np.concatenate([x, x], -1))


def test_standardized_conv() -> None:
    x = RNG.normal(size=(2, 8, 8, 16)).astype("float32")
    for alignment in ("end", "symmetric"):
        settings = Binarization(padding_alignment=alignment)  # type: ignore[arg-type]
        model = model_of(blocks.standardized_conv, 8, strides=2, binarization=settings, name="a")
        assert isinstance(model.get_layer("a_conv"), larq.layers.QuantConv2D) and model.output_shape == (None, 4, 4, 8)
        assert kinds(model)[0] == ("SymmetricQuantConv2D" if alignment == "symmetric" else "QuantConv2D")
        assert 0.5 < model(x).numpy().std() < 1.5


def test_bottleneck() -> None:
    wide, narrow = keras.Input((8, 8, 32)), keras.Input((8, 8, 8))
    first = blocks.bottleneck_with_shortcuts(wide, None, 32, name="a")
    assert [tuple(y.shape[1:]) for y in first] == [(8, 8, 32), (8, 8, 8)]
    model = keras.Model(wide, first)
    assert type(model.get_layer("a_reduce_conv")) is keras.layers.Conv2D and "LeakyClip" in kinds(model)
    assert "a_reduce_add" not in [layer.name for layer in model.layers]
    halving = blocks.bottleneck_with_shortcuts(wide, narrow, 64, strides=2, name="b")
    assert [tuple(y.shape[1:]) for y in halving] == [(4, 4, 64), (4, 4, 16)]
    assert kinds(keras.Model([wide, narrow], halving)).count("QuantConv2D") == 3
    as_wide = blocks.bottleneck_with_shortcuts(wide, narrow, 32, strides=2, name="c")
    assert [tuple(y.shape[1:]) for y in as_wide] == [(4, 4, 32), (4, 4, 8)]
    with pytest.raises(ValueError, match="filters is 30; a bottleneck needs a multiple of 4"):
        blocks.bottleneck_with_shortcuts(wide, narrow, 30)
