"""DoReFa activations where they jump: halfway between two steps the even one counts, as TensorFlow rounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from deploy_models import ODD_SIZE, narrow_model
from exact_weights import exact_pictures, exact_weights

from bnn_zoo import deploy
from bnn_zoo._keras import keras, larq
from bnn_zoo.models.dorefanet import DOREFANET

PACKAGES = {"openvino": "openvino", "lce": "larq_compute_engine"}


def around_jumps(bits: int) -> np.ndarray:
    """All jumps and steps of an activation, the float32 numbers next to them, and some beyond both ends."""
    steps = 2**bits - 1
    at = np.concatenate([(np.arange(steps) + 0.5) / steps, np.arange(steps + 1) / steps, [-1.0, -0.0, 2.0]]).astype(np.float32)
    return np.concatenate([at, np.nextafter(at, np.float32(-np.inf)), np.nextafter(at, np.float32(np.inf))])


@pytest.mark.parametrize("backend", PACKAGES)
@pytest.mark.parametrize("kind", ["convolution", "dense"])
@pytest.mark.parametrize("bits", [1, 2, 3, 4, 8])
@pytest.mark.filterwarnings("ignore:Larq Compute Engine computes")
def test_jumps_lie_where_those_of_keras_lie(backend: str, kind: str, bits: int) -> None:
    pytest.importorskip(PACKAGES[backend])
    quantizers = {"input_quantizer": larq.quantizers.DoReFa(bits), "kernel_quantizer": "ste_sign", "use_bias": False}
    images = keras.Input((1, 1, 8))
    if kind == "convolution":
        layer = larq.layers.QuantConv2D(8, 1, **quantizers)
        model = keras.Model(images, layer(images))
    else:
        layer = larq.layers.QuantDense(8, **quantizers)
        model = keras.Model(images, layer(keras.layers.Flatten()(images)))
    layer.set_weights([(2 * np.eye(8) - 1).reshape(layer.kernel.shape)])
    values = around_jumps(bits)
    pictures = np.zeros((len(values), 1, 1, 8), np.float32)
    pictures[:, 0, 0, 0] = values
    steps = 2**bits - 1
    counts = np.round(np.clip(values, 0, 1) * np.float32(steps))
    given = deploy.compile(model, backend, threads=1).predict(pictures).reshape(-1, 8)  # type: ignore[arg-type]
    assert np.array_equal(np.round(given[:, 0] * steps), counts)
    assert np.allclose(given, model.predict(pictures, verbose=0).reshape(-1, 8), atol=1e-5)


@pytest.mark.parametrize("backend", PACKAGES)
def test_a_network_of_one_bit_meets_jumps_without_rounding(backend: str) -> None:
    """Activations of more bits are fractions that Keras itself has to round, so that it meets jumps by chance only."""
    pytest.importorskip(PACKAGES[backend])
    settings = replace(DOREFANET, activation_bits=1)
    model = exact_weights(narrow_model("dorefanet", binarization=settings, include_top=False, input_shape=ODD_SIZE))
    images = exact_pictures(*ODD_SIZE[:2], batch=3)
    first = next(layer for layer in model.layers if isinstance(layer, larq.layers.QuantConv2D))
    assert np.any(keras.Model(model.input, first.input).predict(images, verbose=0) == 0.5)
    given = deploy.compile(model, backend, threads=1).predict(images)  # type: ignore[arg-type]
    assert np.array_equal(given, model.predict(images, verbose=0))
