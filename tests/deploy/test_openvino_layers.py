"""Layers on OpenVINO in arrangements that the zoo's own networks do not have, against Keras."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from deploy_models import narrow_model, random_norms
from exact_weights import exact_pictures, exact_weights
from narrow import noise

from bnn_zoo import deploy
from bnn_zoo._keras import keras, larq, tf
from bnn_zoo.blocks.deployed_layers import ChannelThreshold
from bnn_zoo.blocks.layers import ChannelGroup

pytest.importorskip("openvino")
CHANNELS = np.linspace(-1, 2, 8, dtype=np.float32)


def assert_same(build: Callable[[Any], Any], shape: tuple[int, ...] = (6, 7, 8)) -> None:
    """A network of these layers predicts what Keras predicts."""
    images = keras.Input(shape)
    model = random_norms(keras.Model(images, build(images)))
    pictures = noise(*shape)
    given, expected = deploy.compile(model, threads=1).predict(pictures), model.predict(pictures, verbose=0)
    assert given.shape == expected.shape
    assert np.abs(given - expected).max() < 1e-5 * np.abs(expected).max()


ACTIVATIONS = (tf.nn.relu, tf.nn.relu6, tf.nn.sigmoid, tf.nn.tanh, tf.nn.swish, tf.nn.elu, tf.exp, tf.nn.softmax)


@pytest.mark.parametrize("function", ACTIVATIONS, ids=lambda function: function.__name__)
def test_activations_of_tensorflow(function: Any) -> None:
    layer, inside = keras.layers.Activation(function), keras.layers.Conv2D(4, 1, activation=function)
    assert_same(lambda x: keras.layers.Concatenate()([layer(4.0 * x), inside(x)]))


SIGNS = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign", "kernel_constraint": "weight_clip"}

DENSE: dict[str, Callable[[], Any]] = {
    "real": lambda: keras.layers.Dense(4, activation="relu"),
    "binary": lambda: larq.layers.QuantDense(8, **SIGNS),
    "large binary kernel of real inputs": lambda: larq.layers.QuantDense(512, kernel_quantizer="ste_sign"),
    "two bits": lambda: larq.layers.QuantDense(4, kernel_quantizer="ste_sign", input_quantizer=larq.quantizers.DoReFa(2)),
}


@pytest.mark.parametrize("layer", DENSE)
@pytest.mark.parametrize("size", [(6, 7), (None, None)])
def test_dense_layers_of_pixels(layer: str, size: tuple[int | None, int | None]) -> None:
    images = keras.Input((*size, 8))
    model = random_norms(keras.Model(images, keras.layers.BatchNormalization()(DENSE[layer]()(images))))
    pictures = noise(6, 7, 8)
    given, expected = deploy.compile(model, threads=1).predict(pictures), model.predict(pictures, verbose=0)
    assert given.shape == expected.shape and np.abs(given - expected).max() < 1e-5 * np.abs(expected).max()


def test_a_linear_activation_leaves_the_layer_before_it_alone() -> None:
    """Of a convolution that others take too, batch norm behind it needs no second one."""
    from bnn_zoo.deploy.openvino.convert import convert

    images = keras.Input((6, 7, 8))
    y = keras.layers.Conv2D(8, 3)(images)
    norm = keras.layers.BatchNormalization()(keras.layers.Activation("linear")(y))
    model = keras.Model(images, keras.layers.Concatenate()([norm, keras.layers.ReLU()(y)]))
    assert [node.get_type_name() for node in convert(model).get_ops()].count("Convolution") == 1


def test_nodes_are_named_after_the_layers_that_they_came_from() -> None:
    from bnn_zoo.deploy.openvino.convert import convert

    images = keras.Input((6, 7, 8))
    y = keras.layers.Dropout(0.5, name="drop")(larq.layers.QuantConv2D(8, 3, name="conv", use_bias=False, **SIGNS)(images))
    y = keras.layers.Conv2D(4, 1, activation="relu", name="last", use_bias=False)(y)
    nodes = {node.get_type_name(): node.get_friendly_name() for node in convert(keras.Model(images, y)).get_ops()}
    named = {"FakeQuantize": "images/binarized", "BinaryConvolution": "conv", "Convolution": "last", "Relu": "last/relu"}
    assert named.items() <= nodes.items()


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


OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "sum": lambda x, y: x + y,
    "sum with itself": lambda x, y: x + x,
    "tf.add": lambda x, y: tf.add(x, y=y),
    "product": lambda x, y: x * y,
    "product with one number a pixel": lambda x, y: x * keras.layers.Conv2D(1, 1)(y),
    "difference": lambda x, y: x - y,
    "larger one": lambda x, y: tf.maximum(x, y),
    "number added": lambda x, y: x + 2,
    "number in front": lambda x, y: 2.0 - x,
    "number taken away": lambda x, y: x - 2.0,
    "multiple": lambda x, y: 0.5 * x,
    "number for each channel": lambda x, y: CHANNELS - x * tf.constant(CHANNELS),
    "concat": lambda x, y: tf.concat([x, y], -1),
    "concat by name": lambda x, y: tf.concat(axis=3, values=[y, x, y]),
    "concat of groups": lambda x, y: tf.concat([GROUPED["one convolution"](ChannelGroup(group, 2)(x)) for group in range(2)], -1),
    "relu": lambda x, y: tf.nn.relu(x),
    "relu of Keras": lambda x, y: keras.activations.relu(x),
    "relu6": lambda x, y: tf.nn.relu6(features=x * 4.0),
    "softmax": lambda x, y: tf.nn.softmax(x),
    "sigmoid": lambda x, y: tf.sigmoid(x),
    "tanh": lambda x, y: tf.tanh(x),
}


@pytest.mark.parametrize("operator", OPERATORS)
def test_functions_of_tensorflow(operator: str) -> None:
    def build(x: Any) -> Any:
        result = OPERATORS[operator](keras.layers.BatchNormalization()(x), keras.layers.Conv2D(8, 1)(x))
        return keras.layers.Conv2D(4, 1)(result)

    assert_same(build)


def test_a_sum_with_a_constant_decides_signs_as_in_keras() -> None:
    arguments = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign", "use_bias": False}
    images = keras.Input((6, 7, 8))
    y = larq.layers.QuantConv2D(8, 3, **arguments)(images)
    model = keras.Model(images, larq.layers.QuantConv2D(4, 1, **arguments)(6.0 - y * 0.5))
    pictures = noise(6, 7, 8)
    assert np.array_equal(deploy.compile(model, threads=1).predict(pictures), model.predict(pictures, verbose=0))


REFUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "average": (lambda x: keras.layers.GlobalAveragePooling2D(data_format="channels_first")(x), "channels_last models only"),
    "flatten": (lambda x: keras.layers.Flatten(data_format="channels_first")(x), "channels_last models only"),
    "padding": (lambda x: keras.layers.ZeroPadding2D(1, data_format="channels_first")(x), "channels_last models only"),
    "norm in training": (lambda x: keras.layers.BatchNormalization()(x, training=True), "training=True"),
    "dropout in training": (lambda x: keras.layers.Dropout(0.5)(x, True), "training=True"),
    "model in training": (lambda x: keras.Sequential([keras.layers.Dropout(0.5)])(x, training=True), "training=True"),
    "norm of rows": (lambda x: keras.layers.BatchNormalization(axis=1)(x), "batch norm over the channels"),
    "softmax of rows": (lambda x: keras.layers.Softmax(axis=1)(x), "softmax over the channels"),
    "concatenated rows": (lambda x: keras.layers.Concatenate(axis=1)([x, x]), "concatenation of channels"),
    "activation": (lambda x: keras.layers.Activation("softsign")(x), "softsign"),
    "ternary inputs": (lambda x: larq.layers.QuantConv2D(4, 1, input_quantizer="ste_tern")(x), "input quantizer"),
    "constant picture": (lambda x: x + np.ones((6, 7, 8), np.float32), "one for each channel"),
    "more channels": (lambda x: keras.layers.Conv2D(1, 1)(x) * CHANNELS, "one for each channel"),
    "larger than a number": (lambda x: tf.maximum(x, 0.5), "sums, differences and products"),
    "concat with a constant": (lambda x: tf.concat([x, tf.zeros((1, 6, 7, 2))], -1), "a concatenation of tensors only"),
    "another function": (lambda x: tf.abs(x), r"function math\.abs.*layer class of your own.*register_converter\(YourLayer"),
    "slice": (lambda x: x[..., :1], r"function __operators__\.getitem.*layer class of your own"),
    "two outputs": (lambda x: tf.add(*tf.split(x, 2, axis=-1)), "gives 2 tensors; layers of one output"),
}


@pytest.mark.parametrize("layer", REFUSED)
def test_what_is_not_supported_is_refused_by_name(layer: str) -> None:
    build, message = REFUSED[layer]
    images = keras.Input((6, 7, 8))
    with pytest.raises(deploy.UnsupportedLayerError, match=f"^layer .*{message}"):
        deploy.compile(keras.Model(images, build(images)))


FREE: dict[str, tuple[tuple[Any, ...], Callable[[Any], Any], str]] = {
    "ones around real inputs": (
        (None, None, 8),
        lambda x: larq.layers.QuantConv2D(4, 3, strides=2, padding="same", pad_values=1.0, name="conv")(x),
        r"^layer 'conv' .*pad_values=1.*give the model a fixed input size",
    ),
    "ones around signs that are no bits": (
        (None, None, 3),
        lambda x: larq.layers.QuantConv2D(4, 3, strides=2, padding="same", pad_values=-1.0, name="conv", **SIGNS)(x),
        r"^layer 'conv' .*pad_values=-1.*give the model a fixed input size",
    ),
    "channels": ((8, 8, None), lambda x: larq.quantizers.SteSign()(x), "the output of layer 'images' has no fixed number"),
}


@pytest.mark.parametrize("case", FREE)
def test_what_needs_a_fixed_size_is_named(case: str) -> None:
    shape, build, message = FREE[case]
    images = keras.Input(shape)
    with pytest.raises(deploy.UnsupportedLayerError, match=message):
        deploy.compile(keras.Model(images, build(images)))


def test_frozen_batch_norm_keeps_its_statistics_in_training() -> None:
    assert_same(lambda x: keras.layers.BatchNormalization(trainable=False)(x, training=True))


@pytest.mark.parametrize("head", ["dense", "binary dense", "reshape"])
def test_a_backbone_of_free_size_at_a_fixed_one(head: str) -> None:
    backbone = exact_weights(narrow_model("birealnet", input_shape=(None, None, 3), include_top=False))
    quantizers = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign"}
    images = keras.Input((64, 64, 3))
    y = backbone(images)
    if head == "reshape":
        y = keras.layers.Conv2D(4, 1)(keras.layers.Reshape((-1, 1, y.shape[-1]))(y))
    else:
        y = keras.layers.Flatten()(y)
        y = keras.layers.Dense(5)(y) if head == "dense" else larq.layers.QuantDense(5, **quantizers)(y)
    model = keras.Model(images, y)
    pictures = exact_pictures(64, 64, batch=3)
    given, expected = deploy.compile(model, threads=1).predict(pictures), model.predict(pictures, verbose=0)
    assert given.shape == expected.shape and np.abs(given - expected).max() < 1e-4 * np.abs(expected).max()


def test_thresholds_of_one_name_are_told_apart() -> None:
    def member(limit: float) -> keras.Model:
        images = keras.Input((6, 7, 8))
        threshold = ChannelThreshold(name="threshold")
        y = threshold(images)
        threshold.set_weights([np.full(8, limit, np.float32), np.ones(8, np.float32)])
        return keras.Model(images, larq.layers.QuantConv2D(4, 1, input_quantizer="ste_sign", kernel_quantizer="ste_sign")(y))

    images = keras.Input((6, 7, 8))
    model = keras.Model(images, keras.layers.Concatenate()([member(-0.5)(images), member(0.5)(images)]))
    pictures = noise(6, 7, 8)
    assert np.array_equal(deploy.compile(model, threads=1).predict(pictures), model.predict(pictures, verbose=0))
