"""Learnt factors behind binary convolutions: what they compute, where they stand, what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from block_models import kinds, model_of

import bnn_zoo
from bnn_zoo import blocks
from bnn_zoo._keras import keras, larq
from bnn_zoo.blocks.channel_layers import ChannelScale, OuterScale

RNG = np.random.default_rng(5)


def filled(model: keras.Model) -> keras.Model:
    model.set_weights([RNG.uniform(0.5, 1.5, weight.shape) for weight in model.weights])
    return model


def test_outer_factors_are_a_product_of_rows_columns_and_channels() -> None:
    model = filled(model_of(blocks.learnt_scale, shape=(3, 5, 7)))
    rows, columns, channels = (weight.reshape(-1) for weight in model.get_weights())
    assert (rows.size, columns.size, channels.size) == (3, 5, 7)
    x = RNG.normal(0, 1, (2, 3, 5, 7)).astype("float32")
    assert np.allclose(model(x), x * np.einsum("h,w,c->hwc", rows, columns, channels), rtol=1e-5)


def test_factors_of_channels() -> None:
    model = filled(model_of(blocks.learnt_scale, "channel", shape=(3, 5, 7)))
    x = RNG.normal(0, 1, (2, 3, 5, 7)).astype("float32")
    assert np.allclose(model(x), x * model.get_weights()[0], rtol=1e-5)


@pytest.mark.parametrize("scaling", ["channel", "outer"])
def test_they_begin_as_one(scaling: Any) -> None:
    x = RNG.normal(0, 1, (2, 8, 8, 16)).astype("float32")
    assert np.array_equal(model_of(blocks.learnt_scale, scaling)(x), x)


def test_what_is_refused() -> None:
    images = keras.Input((8, 8, 4))
    assert blocks.learnt_scale(images, None) is images
    with pytest.raises(ValueError, match='scaling is \'pixel\'; it must be "channel", "outer", or None'):
        blocks.learnt_scale(images, "pixel")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r'the map is \(None, 8, 4\): give pictures of a fixed height.*or scaling="channel"'):
        blocks.learnt_scale(keras.Input((None, 8, 4)), "outer")


def test_scaled_conv_is_a_gated_conv_with_learnt_factors() -> None:
    scaled, gated = kinds(model_of(blocks.scaled_conv)), kinds(model_of(blocks.gated_conv))
    assert scaled == ["BatchNormalization", "QuantConv2D", "OuterScale", "PReLU", "Add"]
    gate = {"AveragePooling2D", "Flatten", "Dense", "Reshape"}
    assert [kind for kind in gated if kind not in gate] == ["BatchNormalization", "QuantConv2D", "Multiply", "PReLU", "Add"]
    assert model_of(blocks.scaled_conv, 32).output_shape == (None, 4, 4, 32)


@pytest.mark.parametrize("name", ["birealnet", "birealnet34", "birealnet50", "binary_resnet_e18", "binary_resnet_e34"])
@pytest.mark.parametrize(("scaling", "kind"), [("channel", ChannelScale), ("outer", OuterScale), (None, None)])
def test_residual_networks_scale_every_binary_convolution(name: str, scaling: Any, kind: Any) -> None:
    model = bnn_zoo.create_model(name, input_shape=(32, 32, 3), filters=8, section_blocks=(1, 2), num_classes=4, scaling=scaling)
    scales = [layer for layer in model.layers if isinstance(layer, (ChannelScale, OuterScale))]
    convolutions = [layer for layer in model.layers if getattr(layer, "input_quantizer", None) is not None]
    if kind is None:
        assert convolutions and not scales
        return
    assert [layer.input.node.layer for layer in scales] == convolutions
    assert all(type(layer) is kind and isinstance(layer.input.node.layer, larq.layers.QuantConv2D) for layer in scales)
    assert all(type(node.layer) is keras.layers.BatchNormalization for layer in scales for node in layer.outbound_nodes)
