"""Layers on OpenVINO in arrangements that the zoo's own networks do not have, against Keras."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from deploy_models import random_norms
from narrow import noise

from bnn_zoo import deploy
from bnn_zoo._keras import keras, larq
from bnn_zoo.blocks.layers import ChannelGroup

pytest.importorskip("openvino")


def assert_same(build: Callable[[Any], Any], shape: tuple[int, ...] = (6, 7, 8)) -> None:
    """A network of these layers predicts what Keras predicts."""
    images = keras.Input(shape)
    model = random_norms(keras.Model(images, build(images)))
    pictures = noise(*shape)
    given, expected = deploy.compile(model, threads=1).predict(pictures), model.predict(pictures, verbose=0)
    assert given.shape == expected.shape
    assert np.abs(given - expected).max() < 1e-5 * np.abs(expected).max()


GROUPED: dict[str, Callable[[Any], Any]] = {
    "one convolution": lambda x: keras.layers.Conv2D(4, 3, use_bias=False)(x),
    "two convolutions": lambda x: keras.layers.Conv2D(4, (3, 1), use_bias=False)(keras.layers.Conv2D(4, (1, 3), use_bias=False)(x)),
    "groups of their own": lambda x: keras.layers.Conv2D(4, 3, groups=2, use_bias=False)(x),
    "a depthwise convolution": lambda x: keras.layers.DepthwiseConv2D(3, use_bias=False)(x),
    "dropout around it": lambda x: keras.layers.Dropout(0.5)(keras.layers.Conv2D(4, 3)(keras.layers.Dropout(0.5)(x))),
}


@pytest.mark.parametrize("layers", GROUPED)
def test_layers_on_each_group_of_channels(layers: str) -> None:
    assert_same(lambda x: keras.layers.Concatenate()([GROUPED[layers](ChannelGroup(group, 2)(x)) for group in range(2)]))


@pytest.mark.parametrize("pad_values", [0.0, 1.0, -1.0])
@pytest.mark.parametrize("bits", [1, 2, 4])
def test_padding_of_dorefa_activations(bits: int, pad_values: float) -> None:
    quantizer = larq.quantizers.DoReFa(bits)
    arguments = {"padding": "same", "input_quantizer": quantizer, "kernel_quantizer": "ste_sign", "pad_values": pad_values}
    assert_same(lambda x: larq.layers.QuantConv2D(4, 3, **arguments)(x))
