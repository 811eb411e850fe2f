"""Receptive field, peak memory, shortcuts and operations, from layers made by hand and against what TensorFlow does."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from networks import small_network

from bnn_zoo._keras import keras, tf
from bnn_zoo.comparison.activations import peak_activation_bits
from bnn_zoo.comparison.layers import Layer
from bnn_zoo.comparison.operations import operations
from bnn_zoo.comparison.read import read_layers
from bnn_zoo.comparison.receptive_field import receptive_field
from bnn_zoo.comparison.shortcuts import find_shortcuts

INPUT = Layer("input", "InputLayer", output_shape=(8, 8, 4))


def made(
    name: str, kind: str, *inputs: str, shape: tuple[int, ...] = (8, 8, 4), bits: int = 32, kernel: int | None = None
) -> Layer:
    return Layer(name, kind, inputs or ("input",), shape, input_bits=bits, kernel_bits=kernel)


def test_receptive_field_is_what_gradients_reach() -> None:
    """The derivative of one position of the last map by the picture is zero outside the field, and not at its edges."""
    images = keras.Input((65, 65, 1))
    ones = dict(kernel_initializer="ones", use_bias=False, padding="same")
    x = keras.layers.Conv2D(1, 5, strides=2, **ones)(images)
    x = keras.layers.AveragePooling2D(3, strides=2, padding="same")(x)
    y = keras.layers.Conv2D(1, 3, dilation_rate=2, **ones)(x)
    x = keras.layers.Add()([keras.layers.Conv2D(1, 1, **ones)(x), y])
    x = keras.layers.Conv2D(1, 3, **ones)(x)
    model = keras.Model(images, x)
    pictures = tf.Variable(tf.zeros((1, 65, 65, 1)))
    with tf.GradientTape() as tape:
        value = model(pictures)[0, 8, 8, 0]
    rows = np.flatnonzero(np.abs(tape.gradient(value, pictures).numpy()[0, :, :, 0]).sum(axis=1))
    assert receptive_field(read_layers(model)) == rows[-1] - rows[0] + 1 == 5 + 2 * 2 + 4 * 4 + 2 * 4


def test_what_sees_the_whole_picture_is_left_aside() -> None:
    conv = Layer("conv", "Conv2D", ("input",), (8, 8, 4), window=(3, 3))
    pool = Layer("pool", "AveragePooling2D", ("conv",), (1, 1, 4), window=(8, 8), strides=(8, 8))
    gate = Layer("gate", "Multiply", ("conv", "pool"), (8, 8, 4))
    assert receptive_field((INPUT, conv, pool, gate)) == 3
    assert receptive_field((INPUT, conv, Layer("global", "GlobalMaxPooling2D", ("conv",), (4,), window=(0, 0)))) == 3
    assert receptive_field((INPUT, conv, Layer("up", "UpSampling2D", ("conv",), (16, 16, 4)))) is None


@pytest.mark.parametrize(
    "larger",
    [
        lambda x: keras.layers.Resizing(64, 64)(x),
        lambda x: tf.image.resize(x, (64, 64)),
        lambda x: tf.image.resize_with_pad(x, 64, 64),
        lambda x: tf.nn.depth_to_space(x, 2),
    ],
)
def test_a_map_that_is_scaled_up_has_no_receptive_field(larger: Callable[[keras.KerasTensor], keras.KerasTensor]) -> None:
    images = keras.Input((32, 32, 4))
    assert receptive_field(read_layers(keras.Model(images, keras.layers.Conv2D(8, 3)(larger(images))))) is None


def test_peak_memory_by_the_rule() -> None:
    size = 8 * 8 * 4
    conv = made("conv", "QuantConv2D", "input", bits=1, kernel=1)
    # The picture is only binarized: 1 bit; the convolution's output is 32.
    assert peak_activation_bits((INPUT, conv)) == size * (1 + 32)
    # Batch norm writes over it; with a shortcut the picture stays at 32 bits, its binarized copy beside it.
    norm = made("norm", "BatchNormalization", "conv")
    assert peak_activation_bits((INPUT, conv, norm)) == size * (1 + 32)
    add = made("add", "Add", "norm", "input")
    assert peak_activation_bits((INPUT, conv, norm, add)) == size * (32 + 1 + 32)
    # A convolution in full precision needs its input and its output; a pool does not work in place.
    assert peak_activation_bits((INPUT, made("real", "Conv2D", kernel=32))) == size * 64
    # Flattening is no copy, and what is binarized behind it takes one bit.
    flat = made("flat", "Flatten", "conv", shape=(256,))
    dense = made("dense", "QuantDense", "flat", shape=(10,), bits=1, kernel=1)
    assert peak_activation_bits((INPUT, conv, flat, dense)) == size + 10 * 32


def peak_values(inputs: keras.KerasTensor, outputs: keras.KerasTensor | list[keras.KerasTensor]) -> float:
    """Peak memory in maps of one channel, 8x8 pixels of 32 bits."""
    return peak_activation_bits(read_layers(keras.Model(inputs, outputs))) / (8 * 8 * 32)


def test_peak_memory_of_several_outputs() -> None:
    images = keras.Input((8, 8, 3))
    parts = tf.split(keras.layers.Conv2D(64, 1)(images), 8, axis=-1)
    assert peak_values(images, [keras.layers.GlobalAveragePooling2D()(part) for part in parts]) == 64 + 64


def test_peak_memory_of_views() -> None:
    """They are no copy, whoever else takes what is behind them, and binarized beside it where that one needs all bits."""
    images = keras.Input((8, 8, 3))
    flat, pooled = keras.layers.Flatten()(images), keras.layers.GlobalAveragePooling2D()(images)
    assert peak_values(images, [keras.layers.Dense(1)(flat), pooled]) == 3 + (1 + 3) / 64
    # A view that the network gives keeps what it shows.
    narrow = keras.layers.Conv2D(1, 1)(keras.layers.Conv2D(64, 1)(images))
    assert peak_values(images, [flat, narrow]) == 3 + 64 + 1
    size = 8 * 8 * 4
    flat_layer = made("flat", "Flatten", shape=(256,))
    dense = made("dense", "QuantDense", "flat", shape=(1,), bits=1, kernel=1)
    pool = made("pool", "GlobalAveragePooling2D", shape=(4,))
    assert peak_activation_bits((INPUT, flat_layer, dense, pool)) == size * (32 + 1) + 32
    assert peak_activation_bits((INPUT, flat_layer, dense)) == size + 32


def test_peak_memory_keeps_outputs_of_the_network() -> None:
    images = keras.Input((8, 8, 3))
    wide = keras.layers.Conv2D(64, 1)(images)
    last = keras.layers.Conv2D(64, 1)(keras.layers.Conv2D(1, 1)(wide))
    assert peak_values(images, [wide, last]) == 64 + 1 + 64
    assert peak_values(images, last) == 3 + 64
    # What the network gives is not binarized in place.
    binary = made("conv", "QuantConv2D", shape=(8, 8, 1), bits=1, kernel=1)
    given = dataclasses.replace(INPUT, is_output=True)
    assert peak_activation_bits((given, binary)) == 8 * 8 * (4 * (32 + 1) + 32)


def test_shortcuts() -> None:
    conv, norm = made("conv", "QuantConv2D", "input", bits=1, kernel=1), made("norm", "BatchNormalization", "conv")
    around = made("add", "Add", "norm", "input")
    assert [shortcut.around for shortcut in find_shortcuts((INPUT, conv, norm, around))] == [frozenset({"conv"})]
    # Two binary paths that meet: no value got around.
    other = made("other", "QuantConv2D", "input", bits=1, kernel=1)
    assert find_shortcuts((INPUT, conv, other, made("add", "Add", "conv", "other"))) == []
    # An addition of real paths is no shortcut around a binary layer.
    real = made("real", "Conv2D", "input", kernel=32)
    assert find_shortcuts((INPUT, real, made("add", "Add", "real", "input"))) == []
    assert [entry.merge for entry in find_shortcuts(read_layers(small_network()))] == ["one_add", "two_add"]


def test_a_shortcut_around_two_convolutions_counts_once() -> None:
    one, two = made("one", "QuantConv2D", "input", bits=1, kernel=1), made("two", "QuantConv2D", "one", bits=1, kernel=1)
    (found,) = find_shortcuts((INPUT, one, two, made("add", "Add", "two", "input")))
    assert found.around == {"one", "two"}


@pytest.mark.parametrize(
    ("bits", "kernel", "binary", "expected"), [(1, 1, 640, 10), (2, 1, 0, 20), (32, 1, 0, 640), (32, 32, 0, 640), (8, 8, 0, 640)]
)
def test_operations(bits: int, kernel: int, binary: int, expected: float) -> None:
    layer = Layer("conv", "QuantConv2D", ("input",), (8, 8, 4), input_bits=bits, kernel_bits=kernel, macs=640, macs_binary=binary)
    assert operations((INPUT, layer)) == expected
