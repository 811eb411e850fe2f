"""Kernels that are soft at first and signs in the end: as BNext's authors compute them, in a run and behind it."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_runs import shades_of, tiny_network

from bnn_zoo._keras import keras, tf
from bnn_zoo.data import ImageDataset
from bnn_zoo.data.preprocessing_settings import CIFAR10
from bnn_zoo.hub.errors import WeightFileError
from bnn_zoo.models import find_architecture
from bnn_zoo.models.build import build_model
from bnn_zoo.training import Recipe, Stage, train
from bnn_zoo.training.cooling import Cooling, unfinished_cooling
from bnn_zoo.training.networks import network_of
from bnn_zoo.training.recipes import find_recipe, list_recipes

RECIPE = Recipe("bnext_tiny.x", epochs=3, batch_size=8, held_out=8, stages=(Stage("binary", 3, cooling=1e-4),))


def network() -> keras.Model:
    return tiny_network("bnext_tiny")


@pytest.fixture
def shades() -> ImageDataset:
    return shades_of(24, spread=100, apart=120, names=("dark", "light"))


@pytest.mark.parametrize(
    ("temperature", "expected"),
    [(1.0, [-1, -0.5, 1e-3, 1]), (0.5, [-1, -1, 2e-3, 1]), (1e-8, [-1, -1, 1, 1]), (0.0, [-1, -1, 1, 1])],
)
def test_a_kernel_over_its_temperature(temperature: float, expected: list[float]) -> None:
    cooling = Cooling(0.9)
    cooling.temperature.assign(temperature)
    kernel = tf.Variable([-1.4, -0.5, 1e-3, 1.2])
    with tf.GradientTape() as tape:
        values = cooling.quantizer(kernel)
        loss = tf.reduce_sum(values * [1.0, 2.0, 3.0, 4.0])
    np.testing.assert_allclose(values, expected, rtol=1e-6)
    assert tape.gradient(loss, kernel).numpy().tolist() == [1.0, 2.0, 3.0, 4.0]


def test_the_network_that_cools_has_the_weights_of_the_one_that_stays() -> None:
    cooling = Cooling(0.9)
    soft, whole = network_of(RECIPE.stages[0], network, cooling), network()
    assert [weight.shape for weight in soft.weights] == [weight.shape for weight in whole.weights]
    assert [weight.name for weight in soft.trainable_weights] == [weight.name for weight in whole.trainable_weights]
    layer = soft.get_layer("section_0_block_0_spatial_conv")
    assert layer.kernel_quantizer is cooling.quantizer and layer.kernel_constraint is not None
    soft.set_weights(whole.get_weights())
    images = np.random.default_rng(0).normal(size=(2, 32, 32, 3)).astype(np.float32)
    assert not np.allclose(soft(images), whole(images))
    cooling.temperature.assign(1e-8)
    np.testing.assert_allclose(soft(images), whole(images), rtol=1e-5)


class Watch(keras.callbacks.Callback):
    """The temperatures that the layers of a run see."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[float] = []
        self.scored: list[float] = []

    def _temperature(self) -> float:
        quantizer = self.model.get_layer("section_0_block_0_spatial_conv").kernel_quantizer
        return float(1e-3 / quantizer(tf.constant([1e-3]))[0])

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.seen.append(self._temperature())

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        self.scored.append(self._temperature())


def test_a_run_cools_epoch_by_epoch_and_is_scored_and_given_back_with_signs(shades: ImageDataset, tmp_path: Path) -> None:
    watch = Watch()
    model = train(network, RECIPE, shades, CIFAR10, tmp_path, callbacks=(watch,))
    np.testing.assert_allclose(watch.seen, [1, 1, *(1e-3, 1e-3), *(1e-3, 1e-3)], rtol=1e-5)
    np.testing.assert_allclose(watch.scored, [1e-3] * 3, rtol=1e-5)
    plain = network()
    plain.load_weights(str(tmp_path / "last.weights.h5"))
    images = np.random.default_rng(0).normal(size=(2, 32, 32, 3)).astype(np.float32)
    assert np.array_equal(model(images), plain(images))


def test_a_stage_that_ends_before_its_kernels_are_signs_says_what_it_takes() -> None:
    for factor, epochs, told in (
        (0.9, 153, "It takes 154 epochs, or a cooling of 0.89."),
        (0.9, 8, r"in epoch 8, its last, .* at a temperature of 0.48, .* It takes 154 epochs, or a cooling of 0.09."),
        (0.9, 1, "at a temperature of 1.* It takes 154 epochs.$"),
        (0.1, 8, "It takes 9 epochs"),
    ):
        assert re.search(told, unfinished_cooling(Stage("a", epochs, cooling=factor)))
    for factor, epochs in ((0.9, 154), (0.89, 153), (0.09, 8), (0.1, 9), (0.0, 1)):
        assert not unfinished_cooling(Stage("a", epochs, cooling=factor))
    cooled = [stage for name in list_recipes() for stage in find_recipe(name).stages if stage.cooling]
    assert cooled and not any(map(unfinished_cooling, cooled))


def test_a_run_warns_of_it_before_it_begins(shades: ImageDataset, tmp_path: Path) -> None:
    recipe = dataclasses.replace(RECIPE, stages=(Stage("binary", 3, cooling=0.5),))
    with pytest.warns(UserWarning, match="cooling of stage 'binary' is 0.5: "), pytest.raises(WeightFileError):
        train(network, recipe, shades, CIFAR10, tmp_path / "out", start_from=tmp_path / "none.h5")
    assert not (tmp_path / "out").exists()


def test_a_run_that_was_stopped_goes_on_at_its_temperature(shades: ImageDataset, tmp_path: Path) -> None:
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if epoch == 1:
                raise KeyboardInterrupt

    def birealnet() -> keras.Model:
        arguments: dict[str, Any] = {"filters": 8, "section_blocks": (1, 1)}
        return build_model(find_architecture("birealnet"), input_shape=(32, 32, 3), num_classes=2, arguments=arguments)

    recipe = dataclasses.replace(RECIPE, stages=(Stage("binary", 3, cooling=0.5),))
    with pytest.raises(KeyboardInterrupt):
        train(birealnet, recipe, shades, CIFAR10, tmp_path / "stopped", callbacks=(Stop(),))
    stopped = train(birealnet, recipe, shades, CIFAR10, tmp_path / "stopped")
    whole = train(birealnet, recipe, shades, CIFAR10, tmp_path / "whole")
    for one, other in zip(stopped.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"cooling": 1.0}, r"cooling of stage 'a' is 1\.0; it must be in \[0, 1\)"),
        ({"cooling": -0.1}, "must be in"),
        ({"cooling": 0.9, "binarize": "activations"}, "no binary kernels"),
        ({"cooling": 0.9, "network": "resnet18"}, "no binary kernels"),
    ],
)
def test_what_cannot_cool_is_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Stage("a", 1, **arguments)
