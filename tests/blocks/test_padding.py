"""Where "same" padding goes, and what it holds: against plain numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bnn_zoo._keras import keras
from bnn_zoo.blocks import Binarization, binary_conv, depthwise_conv, real_conv, residual_stem
from bnn_zoo.blocks.layers import SymmetricMaxPooling2D
from bnn_zoo.blocks.padding import aligned

RNG = np.random.default_rng(11)


def _convolve(x: np.ndarray, kernel: np.ndarray, strides: int, dilation: int) -> np.ndarray:
    """A valid convolution, loop by loop."""
    rows, columns = (dilation * (side - 1) + 1 for side in kernel.shape[:2])
    height, width = ((side - extent) // strides + 1 for side, extent in zip(x.shape[1:3], (rows, columns), strict=True))
    y = np.zeros((len(x), height, width, kernel.shape[-1]))
    for row in range(height):
        for column in range(width):
            top, left = row * strides, column * strides
            window = x[:, top : top + rows : dilation, left : left + columns : dilation]
            y[:, row, column] = np.tensordot(window, kernel, 3)
    return y


def _pad(x: np.ndarray, side: int, value: float) -> np.ndarray:
    return np.pad(x, ((0, 0), (side, side), (side, side), (0, 0)), constant_values=value)


def _sign(x: np.ndarray) -> np.ndarray:
    return np.where(x >= 0, 1.0, -1.0)


def _run(block: Any, x: np.ndarray, **arguments: Any) -> tuple[np.ndarray, np.ndarray]:
    images = keras.Input(x.shape[1:])
    model = keras.Model(images, block(images, 4, **arguments))
    kernel = RNG.normal(0, 0.5, model.weights[0].shape).astype("float32")
    model.weights[0].assign(kernel)
    assert model.compute_output_shape(x.shape) == model(x).shape
    return model(x).numpy(), kernel


@pytest.mark.parametrize("pad_values", [0.0, 1.0, -1.0])
@pytest.mark.parametrize(("kernel_size", "strides", "dilation"), [(3, 1, 1), (3, 2, 1), (5, 2, 1), (7, 2, 1), (3, 1, 2)])
@pytest.mark.parametrize("size", [(8, 8), (9, 7)])
def test_symmetric_binary_conv(size: tuple[int, int], kernel_size: int, strides: int, dilation: int, pad_values: float) -> None:
    x = RNG.normal(0, 1, (2, *size, 3)).astype("float32")
    settings = Binarization(padding_alignment="symmetric", pad_values=pad_values)
    y, kernel = _run(binary_conv, x, kernel_size=kernel_size, strides=strides, dilation_rate=dilation, binarization=settings)
    padded = _pad(_sign(x), dilation * (kernel_size - 1) // 2, pad_values)
    assert np.array_equal(y, _convolve(padded, _sign(kernel), strides, dilation))


@pytest.mark.parametrize("pad_values", [0.0, 1.0, -1.0])
@pytest.mark.parametrize("strides", [1, 2])
def test_end_aligned_binary_conv(pad_values: float, strides: int) -> None:
    """TensorFlow pads an even input for stride 2 at the end only."""
    x = RNG.normal(0, 1, (2, 8, 8, 3)).astype("float32")
    y, kernel = _run(binary_conv, x, strides=strides, binarization=Binarization(pad_values=pad_values))
    before = 1 if strides == 1 else 0
    padded = np.pad(_sign(x), ((0, 0), (before, 1), (before, 1), (0, 0)), constant_values=pad_values)
    assert np.array_equal(y, _convolve(padded, _sign(kernel), strides, 1))


def test_alignments_differ_for_stride_2_only() -> None:
    x = RNG.normal(0, 1, (1, 8, 8, 3)).astype("float32")
    for strides, equal in ((1, True), (2, False)):
        outputs = []
        for settings in (Binarization(), Binarization(padding_alignment="symmetric")):
            images = keras.Input((8, 8, 3))
            model = keras.Model(images, binary_conv(images, 4, strides=strides, binarization=settings))
            model.weights[0].assign(np.random.default_rng(1).normal(0, 1, model.weights[0].shape))
            outputs.append(model(x).numpy())
        assert np.array_equal(*outputs) == equal


@pytest.mark.parametrize(("kernel_size", "strides"), [(3, 1), (3, 2), (7, 2), (1, 1)])
@pytest.mark.parametrize("size", [(8, 8), (9, 7)])
def test_symmetric_real_conv(size: tuple[int, int], kernel_size: int, strides: int) -> None:
    x = RNG.normal(0, 1, (2, *size, 3)).astype("float32")
    settings = Binarization(padding_alignment="symmetric", pad_values=1.0)
    y, kernel = _run(real_conv, x, kernel_size=kernel_size, strides=strides, binarization=settings)
    expected = _convolve(_pad(x.astype(np.float64), (kernel_size - 1) // 2, 0.0), kernel, strides, 1)
    assert np.allclose(y, expected, atol=1e-4), "a real convolution is padded with zeros, whatever pad_values is"


@pytest.mark.parametrize(("kernel_size", "strides"), [(3, 1), (3, 2), (5, 2), (5, 3)])
@pytest.mark.parametrize("size", [(8, 8), (9, 7)])
def test_symmetric_depthwise_conv(size: tuple[int, int], kernel_size: int, strides: int) -> None:
    x = RNG.normal(0, 1, (2, *size, 1)).astype("float32")  # of one channel it is a convolution
    images = keras.Input((*size, 1))
    settings = Binarization(padding_alignment="symmetric", pad_values=1.0)
    model = keras.Model(images, depthwise_conv(images, kernel_size, strides=strides, binarization=settings, name="a"))
    expected = _convolve(_pad(x.astype(np.float64), kernel_size // 2, 0.0), model.weights[0].numpy(), strides, 1)
    assert np.allclose(model(x), expected, atol=1e-4)
    assert [layer.name for layer in model.layers[1:]] == (["a_pad", "a"] if strides > 1 else ["a"])


@pytest.mark.parametrize("size", [(8, 8), (9, 7)])
@pytest.mark.parametrize(("pool_size", "strides"), [(3, 2), (3, 1)])
def test_symmetric_max_pool(size: tuple[int, int], pool_size: int, strides: int) -> None:
    x = RNG.normal(-5, 1, (2, *size, 3)).astype("float32")
    assert x.max() < 0, "zeros of a padding would win"
    y = SymmetricMaxPooling2D(pool_size, strides=strides, padding="same")(x).numpy()
    padded = _pad(x, (pool_size - 1) // 2, -np.inf)
    height, width = ((side + 2 * (pool_size // 2) - pool_size) // strides + 1 for side in size)
    assert y.shape == (2, height, width, 3)
    for row in range(height):
        for column in range(width):
            window = padded[:, row * strides : row * strides + pool_size, column * strides : column * strides + pool_size]
            assert np.array_equal(y[:, row, column], window.max(axis=(1, 2)))


def test_symmetric_max_pool_knows_its_shape_and_its_configuration() -> None:
    for size in ((8, 8), (9, 7)):
        images = keras.Input((*size, 3))
        output = SymmetricMaxPooling2D(3, strides=2, padding="same")(images)
        x = np.zeros((1, *size, 3), "float32")
        model = keras.models.model_from_json(keras.Model(images, output).to_json())
        assert model.output_shape[1:] == model(x).shape[1:]


def test_symmetric_stem() -> None:
    settings = Binarization(padding_alignment="symmetric")
    images = keras.Input((32, 32, 3))
    model = keras.Model(images, residual_stem(images, 8, stem="imagenet", binarization=settings))
    kinds = [type(layer).__name__ for layer in model.layers[1:]]
    assert kinds == ["SymmetricQuantConv2D", "BatchNormalization", "SymmetricMaxPooling2D"]
    assert model.output_shape == (None, 8, 8, 8)


def test_without_odd_pixels_or_a_word_on_them_a_layer_stays_itself() -> None:
    symmetric, pool = Binarization(padding_alignment="symmetric"), keras.layers.MaxPooling2D
    assert aligned(pool, symmetric) is SymmetricMaxPooling2D
    assert aligned(pool, symmetric, "SAME") is SymmetricMaxPooling2D
    assert aligned(pool, symmetric, "valid") is aligned(pool, None) is aligned(pool, Binarization()) is pool


def test_even_kernels_have_no_middle() -> None:
    x = keras.Input((8, 8, 4))
    with pytest.raises(ValueError, match=r"kernel_size is \(2, 2\); what is padded on both sides alike needs odd sizes"):
        binary_conv(x, 4, 2, binarization=Binarization(padding_alignment="symmetric"))
    with pytest.raises(ValueError, match=r"kernel_size is 2; what is padded on both sides alike needs odd sizes"):
        depthwise_conv(x, 2, strides=2, binarization=Binarization(padding_alignment="symmetric"))
    assert binary_conv(x, 4, 2, binarization=Binarization()).shape[1:] == (8, 8, 4)
