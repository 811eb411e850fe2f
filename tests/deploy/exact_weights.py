"""Weights with which a network computes without rounding, so that every order of its operations gives the same features.

Binary kernels are one power of two with either sign, real ones have a few entries of +1 and -1, batch norm multiplies by numbers
of two bits, all else are small fractions of powers of two. What is left to round comes behind the last sign: the mean over all
pixels, the last dense layer and the softmax. Two runtimes then agree in all features, or one of them is wrong.

Some networks round all the same: DoReFaNet's activations are thirds, A&B BNN scales kernels by 1 / sqrt(weights of a filter), and
the gates of Real-to-Binary and BNext are sigmoids.
"""

from __future__ import annotations

import numpy as np

from bnn_zoo._keras import keras, tf
from bnn_zoo.blocks.channel_layers import LeakyClip

ROUNDING = (
    *("dorefanet", "real_to_binary_net", "ab_reactnet18", "ab_reactnet34", "ab_reactnet_a"),
    *("bnext_tiny", "bnext_small", "bnext_middle", "bnext_large"),
)

#: Entries of a real kernel other than 0, for each filter.
ENTRIES = 2


def exact_weights(model: keras.Model, seed: int = 0) -> keras.Model:
    """Gives a network such weights, and batch norm the statistics of random pictures."""
    rng = np.random.default_rng(seed)
    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    owned = {id(variable) for layer in norms for variable in layer.weights}
    binary = {id(layer.kernel) for layer in model.layers if getattr(layer, "kernel_quantizer", None) is not None}
    for layer in model.layers:
        if isinstance(layer, LeakyClip):
            layer.slope = 0.125
    for variable in model.weights:
        if id(variable) in owned:
            continue
        shape = tuple(variable.shape)
        if id(variable) in binary:
            value = rng.choice([-0.25, 0.25], shape)
        elif len(shape) >= 2 and "alpha" not in variable.name:
            value = _sparse(rng, shape, depthwise="depthwise" in variable.name)
        elif "alpha" in variable.name:
            value = np.full(shape, 0.5)
        elif "/gate:" in variable.name:
            value = np.zeros(shape)  # a share of one half
        elif "gain" in variable.name or "scale" in variable.name:
            value = np.ones(shape)
        else:
            value = rng.integers(-4, 5, shape) / 8
        variable.assign(value.astype(np.float32))
    _set_statistics(model, norms, rng)
    return model


def exact_pictures(height: int, width: int, batch: int, seed: int = 0) -> np.ndarray:
    """Pictures of whole numbers, float32, (batch, height, width, 3)."""
    return (np.random.default_rng(seed).integers(-3, 4, (batch, height, width, 3))).astype(np.float32)


def _sparse(rng: np.random.Generator, shape: tuple[int, ...], depthwise: bool) -> np.ndarray:
    filters = int(np.prod(shape[2:])) if depthwise else shape[-1]
    inputs = int(np.prod(shape)) // filters
    value = np.zeros((inputs, filters))
    for column in range(filters):
        value[rng.choice(inputs, min(ENTRIES, inputs), replace=False), column] = rng.choice([-1, 1], min(ENTRIES, inputs))
    return value.reshape(shape)


def _set_statistics(model: keras.Model, norms: list[keras.layers.Layer], rng: np.random.Generator) -> None:
    for layer in norms:
        channels = layer.moving_mean.shape
        if layer.scale:
            layer.gamma.assign(rng.choice([-1, 1, 1, 1], channels).astype(np.float32))
        if layer.center:
            layer.beta.assign((rng.integers(-4, 5, channels) / 4).astype(np.float32))
        layer.momentum, momentum = 0.0, layer.momentum
        layer._kept_momentum = momentum
    size = [side or 32 for side in model.input_shape[1:3]]
    model(exact_pictures(*size, batch=2, seed=1), training=True)
    for layer in norms:
        layer.momentum = layer._kept_momentum
        deviation = 2.0 ** np.round(np.log2(np.sqrt(np.asarray(layer.moving_variance) + 1e-6)))
        # One deviation for the layer: what joins another layer's output has few digits then.
        deviation = max(2.0 ** np.round(np.median(np.log2(deviation))), 1)
        mean = np.asarray(layer.moving_mean, np.float64)
        layer.moving_mean.assign((np.round(mean / deviation * 2) * deviation / 2).astype(np.float32))
        layer.moving_variance.assign(np.full(layer.moving_variance.shape, _variance(deviation, layer.epsilon)))


def _variance(deviation: float, epsilon: float) -> np.float32:
    """About deviation^2, so that batch norm multiplies by a number of a few bits in whatever way it is computed.

    TensorFlow multiplies by an estimate of 1 / sqrt(x), which processors make each in a way of its own: for 4 it can be one half,
    or the number below it.
    """
    for factor in (1, 3 / 2, 5 / 4, 9 / 8):
        wanted = np.float32(factor / deviation)
        variance = np.float32((deviation / factor) ** 2) - np.float32(epsilon)
        sums = np.full(33, variance) + np.float32(epsilon)  # in vectors, and the last one alone
        ways = [tf.math.rsqrt(sums), 1 / np.sqrt(sums), 1 / np.sqrt(np.full(1, variance, np.float64) + epsilon)]
        if all(np.all(np.asarray(way).astype(np.float32) == wanted) for way in ways):
            return variance
    raise AssertionError(f"near a deviation of {deviation} no variance gives the same factor in every way")
