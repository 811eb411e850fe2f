"""Networks of nested models and shared layers, built anew for inference and for Larq Compute Engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from deploy_models import random_norms
from narrow import noise

from bnn_zoo import deploy
from bnn_zoo._keras import keras, larq, tf
from bnn_zoo.blocks.layers import SymmetricMaxPooling2D
from bnn_zoo.deploy.lce.rewrite import rewrite_for_lce

REBUILT: dict[str, Callable[[Any], Any]] = {"folded": deploy.fold_batch_norm, "for LCE": rewrite_for_lce}


def member() -> keras.Model:
    """A model whose layers have the names of every other such model's layers."""
    images = keras.Input((8, 8, 8))
    y = keras.layers.BatchNormalization(name="norm")(keras.layers.Conv2D(8, 3, padding="same", name="stem")(images))
    quantizers = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign", "kernel_constraint": "weight_clip"}
    y = larq.layers.QuantConv2D(8, 3, padding="same", name="conv", **quantizers)(y)
    return keras.Model(images, keras.layers.BatchNormalization(name="conv_1")(y))


def twice(layer: Any) -> Callable[[Any], Any]:
    return lambda x: layer(layer(x))


NETWORKS: dict[str, Callable[[Any], Any]] = {
    "two members": lambda x: keras.layers.Add()([member()(x), member()(x)]),
    "one member twice": lambda x: twice(member())(x),
    "a shared pool": lambda x: twice(SymmetricMaxPooling2D(3, 2, padding="same"))(x),
    "a shared quantizer": lambda x: twice(keras.Sequential([larq.quantizers.SteSign(), keras.layers.Conv2D(8, 1)]))(x),
    "nine times the same": lambda x: keras.layers.Concatenate()([x] * 9),
    "operators": lambda x: keras.layers.Conv2D(4, 1)(tf.nn.relu6(x * 2.0) + x[..., :1]),
    "norm of rows": lambda x: keras.layers.BatchNormalization(axis=1)(keras.layers.Conv2D(8, 3, padding="same")(x)),
    "norm of rows before signs": lambda x: member()(keras.layers.BatchNormalization(axis=1)(x)),
    "norm of the batch": lambda x: keras.layers.BatchNormalization()(keras.layers.Conv2D(8, 3)(x), training=True),
    "a member in training": lambda x: member()(x, training=True),
}


@pytest.mark.parametrize("rebuilt", REBUILT)
@pytest.mark.parametrize("network", NETWORKS)
def test_a_network_built_anew_predicts_the_same(network: str, rebuilt: str) -> None:
    images = keras.Input((8, 8, 8))
    model = random_norms(keras.Model(images, NETWORKS[network](images)))
    pictures = tf.constant(noise(8, 8, 8))
    new = REBUILT[rebuilt](model)
    assert np.allclose(new(pictures, training=False), model(pictures, training=False), rtol=1e-4, atol=1e-4)


def hard_sigmoid(x: Any) -> Any:
    """Another function than Keras's of this name."""
    return 3.0 * x


def sign(x: Any) -> Any:
    return tf.where(x >= 0, 1.0, -1.0)


class Unregistered(larq.quantizers.Quantizer):  # type: ignore[misc]
    def build(self, input_shape: Any) -> None:
        self.factor = self.add_weight("factor", (), initializer="ones")

    def call(self, inputs: Any) -> Any:
        return self.factor * inputs


FUNCTIONS: dict[str, Callable[[], Any]] = {
    "a name of Keras's": lambda: keras.layers.Activation(hard_sigmoid),
    "a lambda": lambda: keras.layers.Conv2D(4, 1, activation=lambda x: 3.0 * x),
    "a sign": lambda: larq.layers.QuantConv2D(4, 1, input_quantizer=sign, kernel_quantizer=sign),
    "a layer": lambda: larq.layers.QuantConv2D(4, 1, input_quantizer=Unregistered(), kernel_quantizer=lambda x: 3.0 * x),
    "depthwise": lambda: larq.layers.QuantSeparableConv2D(4, 1, depthwise_quantizer=sign, pointwise_quantizer=lambda x: 3.0 * x),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_layers_functions_are_its_own(function: str) -> None:
    images = keras.Input((8, 8, 8))
    model = random_norms(keras.Model(images, FUNCTIONS[function]()(images)))
    pictures = noise(8, 8, 8)
    new = deploy.fold_batch_norm(model)
    assert np.allclose(new(pictures), model(pictures), atol=1e-5)
    assert not {id(weight) for weight in new.weights} & {id(weight) for weight in model.weights}


class Early(keras.layers.Layer):  # type: ignore[misc]
    """Has its weights, and says so, before it is used."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.shift = self.add_weight("shift", (), initializer="zeros")
        self.built = True

    def call(self, inputs: Any) -> Any:
        return inputs + self.shift


def test_weights_that_a_layer_has_from_the_start_are_copied() -> None:
    images = keras.Input((8, 8, 8))
    model = random_norms(keras.Model(images, twice(Early())(images)))
    assert np.array_equal(deploy.fold_batch_norm(model)(noise(8, 8, 8)), model(noise(8, 8, 8)))


class Scaled(keras.layers.Layer):  # type: ignore[misc]
    def __init__(self, factor: Any, **options: Any) -> None:
        super().__init__(**options)
        self.factor = factor

    def call(self, inputs: Any) -> Any:
        return inputs * self.factor

    def get_config(self) -> dict[str, Any]:
        return super().get_config()  # without the factor


def test_a_layer_that_cannot_be_copied_is_named() -> None:
    images = keras.Input((8, 8, 8))
    model = keras.Model(images, Scaled(3.0, name="scaled")(images))
    with pytest.raises(deploy.UnsupportedLayerError, match=r"^layer 'scaled' .*Scaled.*cannot be copied \(TypeError: .*factor"):
        deploy.fold_batch_norm(model)


def test_names_are_kept_where_they_are_different() -> None:
    images = keras.Input((8, 8, 8))
    model = keras.Model(images, keras.layers.Add(name="sum")([member()(images), member()(images)]))
    names = [layer.name for layer in rewrite_for_lce(model).layers]
    assert len(set(names)) == len(names) and {"stem", "stem_1", "conv", "conv_1", "sum"} <= set(names)


@pytest.mark.parametrize("rebuilt", REBUILT)
def test_dictionaries_stay_dictionaries(rebuilt: str) -> None:
    images = keras.Input((8, 8, 8), name="images")
    y = keras.layers.Conv2D(4, 1)(images)
    model = keras.Model({"images": images}, {"map": y, "also": [keras.layers.Flatten()(y)]})
    new = REBUILT[rebuilt](model)({"images": noise(8, 8, 8)})
    expected = model({"images": noise(8, 8, 8)})
    assert list(new) == list(expected) and isinstance(new["also"], list)
    assert np.allclose(new["map"], expected["map"], atol=1e-5) and np.allclose(new["also"][0], expected["also"][0], atol=1e-5)
