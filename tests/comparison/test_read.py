"""Layers of models of any make: shared ones, nested ones, those that cannot be compared."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from networks import small_network

import bnn_zoo
from bnn_zoo._keras import keras, larq, tf
from bnn_zoo.comparison.layers import Layer
from bnn_zoo.comparison.read import read_layers
from bnn_zoo.comparison.shortcuts import find_shortcuts


def test_a_shared_layer_weighs_once_and_computes_twice() -> None:
    images = keras.Input((4, 4, 3))
    shared = keras.layers.Conv2D(3, 3, padding="same", name="shared")
    layers = {layer.name: layer for layer in read_layers(keras.Model(images, shared(shared(images))))}
    first, second = layers["shared"], layers["shared:2"]
    assert (first.parameters, second.parameters) == (3 * 27 + 3, 0)
    assert first.macs == second.macs == 16 * 3 * 27
    assert second.inputs == ("shared",) and first.inputs == ("input",)


def test_models_inside_are_inlined() -> None:
    inner = keras.Sequential([keras.layers.Conv2D(2, 3, input_shape=(6, 6, 3), name="inner_conv")], name="inner")
    images = keras.Input((6, 6, 3))
    layers = read_layers(keras.Model(images, keras.layers.Flatten(name="flat")(inner(images))))
    assert [layer.name for layer in layers] == ["input", "inner_conv", "flat"]
    assert layers[-1].inputs == ("inner_conv",) and layers[-1].output_shape == (32,)


def backbone() -> keras.Model:
    """Of a free size, as backbones are."""
    images = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(8, 3, strides=2, padding="same", name="stem")(images)
    y = larq.layers.QuantConv2D(8, 3, padding="same", input_quantizer="ste_sign", kernel_quantizer="ste_sign", name="conv")(x)
    return keras.Model(images, tf.nn.relu(x + y), name="backbone")


def test_models_of_a_free_size_inside_have_the_size_that_they_are_used_at() -> None:
    images = keras.Input((32, 32, 3))
    pooled = keras.layers.GlobalAveragePooling2D(name="pool")(backbone()(images))
    model = keras.Model(images, keras.layers.Dense(10, name="head")(pooled))
    by_name = {layer.name: layer for layer in read_layers(model)}
    assert [by_name[name].output_shape for name in ("stem", "conv", "pool", "head")] == [(16, 16, 8), (16, 16, 8), (8,), (10,)]
    assert by_name["conv"].macs_binary == 16 * 16 * 9 * 8 * 8
    assert sum(layer.parameters for layer in by_name.values()) == model.count_params()
    profile = bnn_zoo.profile(model, latency=["keras", "openvino"], repeats=3)
    assert set(profile.times["keras"]) == set(by_name) - {"input"}
    assert {"stem", "conv", "head"} <= set(profile.times["openvino"])
    assert bnn_zoo.compare(model, progress=False).rows[0].figures == profile.figures


def test_a_model_inside_may_be_used_at_two_sizes() -> None:
    images, shared = keras.Input((32, 32, 3)), backbone()
    both = [keras.layers.GlobalAveragePooling2D()(shared(x)) for x in (images, keras.layers.AveragePooling2D(2)(images))]
    model = keras.Model(images, keras.layers.Add()(both))
    by_name = {layer.name: layer for layer in read_layers(model)}
    assert {by_name["stem"].output_shape, by_name["stem:2"].output_shape} == {(16, 16, 8), (8, 8, 8)}
    assert sum(layer.parameters for layer in by_name.values()) == model.count_params()


class Residual(keras.Sequential):  # type: ignore[misc]
    def call(self, inputs: keras.KerasTensor, training: bool | None = None, mask: None = None) -> keras.KerasTensor:
        return inputs + super().call(inputs, training=training)


def test_a_model_with_a_call_of_its_own_is_one_layer() -> None:
    images = keras.Input((6, 6, 3))
    layer = read_layers(keras.Model(images, Residual([keras.layers.BatchNormalization()], name="around")(images)))[1]
    assert (layer.name, layer.kind, layer.parameters) == ("around", "Residual", 12)


class Block(keras.layers.Layer):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__(name="block")
        self.conv = larq.layers.QuantConv2D(8, 3, input_quantizer="ste_sign", kernel_quantizer="ste_sign", name="conv")

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        return self.conv(inputs)


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (Block, r"layer 'block' \(test_read.Block\), node 0 has the kernel 'block/conv/kernel:0' of the shape \(3, 3, 3, 8\)"),
        (lambda: Residual([keras.layers.Conv2D(3, 1)], name="around"), r"layer 'around' \(test_read.Residual\)"),
        (lambda: larq.layers.QuantLocallyConnected2D(8, 3, kernel_quantizer="ste_sign", name="local"), "layer 'local'"),
        (lambda: keras.layers.TimeDistributed(keras.layers.Dense(8), name="rows"), "layer 'rows'"),
    ],
)
def test_kernels_whose_operations_cannot_be_counted_are_refused(make: Callable[[], keras.layers.Layer], named: str) -> None:
    images = keras.Input((6, 6, 3))
    with pytest.raises(TypeError, match=f"{named}.*keras.Model\\(inputs, layers"):
        read_layers(keras.Model(images, make()(images)))


def test_precision_window_and_stride() -> None:
    images = keras.Input((9, 9, 2))
    conv = larq.layers.QuantConv2D(
        4, 3, dilation_rate=2, input_quantizer=larq.quantizers.DoReFa(2), kernel_quantizer="ste_sign", name="conv"
    )
    (layer,) = read_layers(keras.Model(images, conv(images)))[1:]
    assert (layer.input_bits, layer.kernel_bits, layer.window, layer.strides) == (2, 1, (5, 5), (1, 1))
    assert layer.macs == 25 * 72 and layer.macs_binary == 0 and layer.has_bias


def test_a_transposed_convolution_computes_where_its_input_is() -> None:
    images = keras.Input((8, 8, 4))
    for layer in (keras.layers.Conv2DTranspose, larq.layers.QuantConv2DTranspose):
        (larger,) = read_layers(keras.Model(images, layer(16, 3, strides=2, padding="same")(images)))[1:]
        assert larger.output_shape == (16, 16, 16) and larger.macs == 8 * 8 * (9 * 4 * 16)


def test_channels_first_maps_have_their_channels_in_front() -> None:
    images = keras.Input((4, 8, 6))
    for layer, weights in (
        (keras.layers.Conv2D(16, 3, padding="same", data_format="channels_first"), 9 * 4 * 16),
        (keras.layers.DepthwiseConv2D(3, padding="same", data_format="channels_first"), 9 * 4),
        (keras.layers.Conv2DTranspose(16, 3, strides=2, padding="same", data_format="channels_first"), 9 * 4 * 16),
    ):
        assert read_layers(keras.Model(images, layer(images)))[1].macs == 8 * 6 * weights


def test_a_layer_named_bias_has_a_kernel() -> None:
    images = keras.Input((4, 4, 1))
    (layer,) = read_layers(keras.Model(images, keras.layers.Conv2D(2, 1, name="bias")(images)))[1:]
    assert isinstance(layer, Layer) and layer.macs == 16 * 2


def test_what_cannot_be_compared() -> None:
    free = keras.Input((None, None, 3))
    with pytest.raises(ValueError, match=r"pass input_shape=\(224, 224, 3\)"):
        read_layers(keras.Model(free, keras.layers.ReLU()(free), name="free"))
    one, other = keras.Input((4, 4, 3)), keras.Input((4, 4, 3))
    with pytest.raises(TypeError, match="networks that take pictures"):
        read_layers(keras.Model([one, other], keras.layers.Add()([one, other])))
    words = keras.Input((7,))
    with pytest.raises(TypeError, match="networks that take pictures"):
        read_layers(keras.Model(words, keras.layers.Dense(2)(words)))

    class Subclassed(keras.Model):  # type: ignore[misc]
        pass

    with pytest.raises(TypeError, match="functional or sequential"):
        read_layers(Subclassed())


def test_a_layer_may_be_called_input() -> None:
    images = keras.Input((8, 8, 3))
    padded = keras.layers.ZeroPadding2D(name="input")(images)
    model = keras.Model(images, keras.layers.MaxPooling2D(name="pool")(padded))
    assert [(layer.name, layer.inputs) for layer in read_layers(model)] == [
        ("input_", ()),
        ("input", ("input_",)),
        ("pool", ("input",)),
    ]
    assert bnn_zoo.profile(model).figures.parameters == 0


def test_functions_of_tensorflow_are_the_layers_that_do_the_same() -> None:
    model = small_network()
    images = keras.Input((16, 16, 3))
    x = keras.Model(model.input, model.get_layer("stem_bn").output)(images)
    conv = larq.layers.QuantConv2D(8, 3, padding="same", input_quantizer="ste_sign", kernel_quantizer="ste_sign")
    y = keras.layers.BatchNormalization()(conv(x))
    y = tf.concat([tf.nn.relu(x + y), x], -1)
    layers = read_layers(keras.Model(images, y))
    assert [layer.kind for layer in layers[-3:]] == ["Add", "ReLU", "Concatenate"]
    assert any(shortcut.merge == layers[-3].name for shortcut in find_shortcuts(layers))
    assert set(bnn_zoo.profile(keras.Model(images, y), latency=["keras"], repeats=3).times["keras"]) == {
        layer.name for layer in layers[1:]
    }
