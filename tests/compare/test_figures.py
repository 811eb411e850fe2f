"""The stored figures are those of the networks: counted anew, and by hand where that is short."""

from __future__ import annotations

import dataclasses
import json

import pytest

import bnn_zoo
from bnn_zoo._keras import keras, larq
from bnn_zoo.compare.figures import count, count_architecture
from bnn_zoo.models import architectures
from bnn_zoo.models.figures import PATH, figures_of


@pytest.mark.parametrize("name", list(architectures()))
def test_stored_figures_are_recomputed(name: str) -> None:
    entry = architectures()[name]
    counted = count_architecture(entry)
    keras.backend.clear_session()
    assert counted == figures_of(name)
    assert counted == bnn_zoo.model_info(name).figures
    assert counted.input_shape == entry.input_shape


def test_every_network_has_figures_and_nothing_else() -> None:
    assert list(json.loads(PATH.read_text())) == list(architectures())


def test_count_by_hand() -> None:
    images = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3, padding="same", use_bias=False)(images)
    x = larq.layers.QuantConv2D(
        6,
        3,
        padding="same",
        use_bias=False,
        input_quantizer="ste_sign",
        kernel_quantizer="ste_sign",
        kernel_constraint="weight_clip",
    )(x)
    x = keras.layers.BatchNormalization()(x)
    figures = count(keras.Model(images, x))
    assert figures.input_shape == (8, 8, 3)
    assert figures.parameters_1bit == 9 * 4 * 6
    assert figures.parameters_32bit == 9 * 3 * 4 + 4 * 6
    assert figures.parameters == figures.parameters_1bit + figures.parameters_32bit
    assert figures.macs_binary == 64 * 9 * 4 * 6
    assert figures.macs_real == 64 * 9 * 3 * 4
    assert figures.size_mib == pytest.approx((figures.parameters_1bit / 8 + figures.parameters_32bit * 4) / 2**20, abs=1e-4)
    assert figures.float_size_mib == pytest.approx(figures.parameters * 4 / 2**20, abs=1e-4)
    assert dataclasses.replace(figures) == figures
