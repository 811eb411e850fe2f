"""Folded batch norm against batch norm."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from deploy_models import Sample, narrow_model, random_norms
from narrow import noise

from bnn_zoo import deploy
from bnn_zoo._keras import keras, larq, tf


def norms(model: keras.Model) -> int:
    return sum(isinstance(layer, keras.layers.BatchNormalization) for layer in model.layers)


def test_predictions_stay(sample: Sample) -> None:
    model = sample.model
    before = [weight.copy() for weight in model.get_weights()]
    folded = deploy.fold_batch_norm(model)
    difference = deploy.compare(model, folded, sample.pictures)
    assert difference.top1_changes == 0 and difference.largest < 1e-4
    assert norms(folded) < norms(model) or sample.name == "dorefanet" or not norms(model)
    assert all(np.array_equal(one, two) for one, two in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize(("name", "pictures"), [("binarynet", 10_000), ("binary_alexnet", 100)])
def test_thresholds_change_nothing_at_all(name: str, pictures: int) -> None:
    model = narrow_model(name)
    folded = deploy.fold_batch_norm(model)
    assert norms(folded) == 1
    images = noise(batch=pictures)
    assert np.array_equal(folded.predict(images, batch_size=500, verbose=0), model.predict(images, batch_size=500, verbose=0))


def test_a_folded_network_can_be_saved_and_deployed(tmp_path: object) -> None:
    pytest.importorskip("openvino")
    model = narrow_model("binarynet")
    folded = deploy.fold_batch_norm(model)
    folded.save(f"{tmp_path}/folded.h5")
    loaded = keras.models.load_model(f"{tmp_path}/folded.h5", compile=False)
    assert deploy.compare(model, loaded, noise()).largest == 0
    assert deploy.compare(model, deploy.compile(folded, threads=1), noise()).largest < 1e-5


def test_depthwise_and_dense_layers_take_batch_norm_too() -> None:
    images = keras.Input((8, 8, 4))
    y = keras.layers.DepthwiseConv2D(3, depth_multiplier=2)(images)
    y = keras.layers.BatchNormalization()(y)
    y = keras.layers.Flatten()(y)
    y = keras.layers.Dense(5)(y)
    model = keras.Model(images, keras.layers.BatchNormalization()(y))
    for variable in model.weights:
        variable.assign(np.random.default_rng(0).uniform(0.5, 1.5, variable.shape))
    folded = deploy.fold_batch_norm(model)
    assert norms(folded) == 0
    assert np.allclose(folded.predict(noise(8, 8, 4), verbose=0), model.predict(noise(8, 8, 4), verbose=0), rtol=1e-5)


class ShiftedNorm(keras.layers.BatchNormalization):
    def call(self, inputs: Any, training: Any = None) -> Any:
        return 3.0 + super().call(inputs, training=training)


def test_a_users_own_batch_norm_is_left_alone() -> None:
    images = keras.Input((6, 6, 8))
    model = random_norms(keras.Model(images, ShiftedNorm()(keras.layers.Conv2D(4, 1)(images))))
    assert deploy.compare(model, deploy.fold_batch_norm(model), noise(6, 6, 8)).largest < 1e-5


class InputScaled(larq.layers.QuantConv2D):
    """With XNOR-Net's scale of the inputs."""

    def call(self, inputs: Any) -> Any:
        return super().call(inputs) * tf.reduce_mean(tf.abs(inputs), axis=-1, keepdims=True)


class ScaledFlatten(keras.layers.Flatten):
    def call(self, inputs: Any) -> Any:
        return super().call(inputs) - 1.0


@pytest.mark.parametrize("users", ["convolution", "flatten"])
def test_a_users_own_layer_may_see_more_than_signs(users: str) -> None:
    images = keras.Input((6, 6, 8))
    y = keras.layers.BatchNormalization()(images)
    signs = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign"}
    y = InputScaled(4, 1, **signs)(y) if users == "convolution" else larq.layers.QuantDense(4, **signs)(ScaledFlatten()(y))
    model = random_norms(keras.Model(images, y))
    folded = deploy.fold_batch_norm(model)
    assert norms(folded) == 1 and deploy.compare(model, folded, noise(6, 6, 8)).largest < 1e-5
