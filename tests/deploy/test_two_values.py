"""Binary kernels that LCE keeps in float32 are stored in 8 bits, and compute what they computed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from deploy_models import random_norms
from narrow import noise

from bnn_zoo import deploy
from bnn_zoo._keras import keras, larq
from bnn_zoo.deploy.lce.convert import convert
from bnn_zoo.deploy.lce.two_values import store_in_int8

pytest.importorskip("larq_compute_engine")


def with_real_inputs(**arguments: Any) -> keras.Model:
    """Two layers of binary kernels, 20,480 weights, that see real-valued inputs."""
    images = keras.Input((6, 6, 64))
    conv = larq.layers.QuantConv2D(64, 1, kernel_quantizer="ste_sign", kernel_constraint="weight_clip", **arguments)
    dense = larq.layers.QuantDense(4, kernel_quantizer="ste_sign", kernel_constraint="weight_clip")
    y = keras.layers.BatchNormalization()(conv(images))  # its gammas, of which some are 0, become the filters' scales
    return random_norms(keras.Model(images, dense(keras.layers.Activation("relu")(keras.layers.Flatten()(y)))))


@pytest.mark.filterwarnings("ignore:Larq Compute Engine computes")
def test_the_file_holds_a_byte_a_weight_and_predicts_the_same() -> None:
    model = with_real_inputs()
    weights = 64 * 64 + 6 * 6 * 64 * 4
    assert weights < len(convert(model)) < weights + 6000
    pictures = noise(6, 6, 64)
    given, expected = deploy.compile(model, "lce").predict(pictures), model.predict(pictures, verbose=0)
    assert np.abs(given - expected).max() < 1e-5 * np.abs(expected).max()


@pytest.mark.filterwarnings("ignore:Larq Compute Engine computes")
def test_twice_is_once() -> None:
    file = convert(with_real_inputs(use_bias=False))
    assert store_in_int8(file) == file


def test_a_file_without_such_kernels_is_left_as_it_is() -> None:
    images = keras.Input((6, 6, 64))
    file = convert(random_norms(keras.Model(images, keras.layers.Conv2D(64, 1)(images))))
    assert store_in_int8(file) is file
