"""What dropout leaves out depends on seed and step, so that a run goes on with it as if it had never been stopped."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_runs import SMALL, Stop

from bnn_zoo._keras import keras, larq, tf
from bnn_zoo.blocks.segmentation import fully_convolutional_head
from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.data.mask_dataset import MaskDataset
from bnn_zoo.data.preprocessing_settings import CIFAR10
from bnn_zoo.training import Recipe, train
from bnn_zoo.training.drawing import drawn_by_step

SIZE = (16, 16)
SMALL_PICTURES = dataclasses.replace(CIFAR10, input_size=SIZE)
RNG = np.random.default_rng(0)
NOISE = ImageDataset(RNG.integers(0, 256, (48, *SIZE, 3)).astype("uint8"), np.arange(48) % 4, tuple("abcd"))
RECIPES = {
    "plain": SMALL,
    "l2": dataclasses.replace(SMALL, l2=1e-4, precision="mixed_bfloat16"),
    "case": dataclasses.replace(SMALL, real_optimizer="sgd", real_learning_rate=0.1),
}


def features() -> tuple[Any, Any]:
    images = keras.Input((*SIZE, 3))
    x = keras.layers.Conv2D(8, 3, strides=4)(images)
    quantizers = dict(input_quantizer="ste_sign", kernel_quantizer="ste_sign", kernel_constraint="weight_clip")
    return images, larq.layers.QuantConv2D(8, 1, **quantizers)(x)


def network() -> keras.Model:
    images, x = features()
    x = keras.layers.Dropout(0.3)(keras.layers.SpatialDropout2D(0.3, name="planes")(x))
    x = keras.layers.Dense(4)(keras.layers.GlobalAveragePooling2D()(x))
    return keras.Model(images, keras.layers.Activation("softmax", dtype="float32")(x))


def segmentation_network() -> keras.Model:
    images, x = features()
    return keras.Model(images, fully_convolutional_head(x, images, 2))


def assert_resumed_alike(build: Any, recipe: Recipe, dataset: Any, out: Path) -> None:
    whole = train(build, recipe, dataset, SMALL_PICTURES, out / "whole")
    for step in (3, 5):  # in the first epoch, and in the second
        with pytest.raises(KeyboardInterrupt):
            train(build, recipe, dataset, SMALL_PICTURES, out / "stopped", checkpoint_seconds=0.0, callbacks=(Stop(step),))
    stopped = train(build, recipe, dataset, SMALL_PICTURES, out / "stopped")
    for one, other in zip(whole.get_weights(), stopped.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", RECIPES)
def test_a_run_with_dropout_that_was_stopped_ends_with_the_same_weights(name: str, tmp_path: Path) -> None:
    assert_resumed_alike(network, RECIPES[name], NOISE, tmp_path)


def test_so_does_one_of_a_network_for_segmentation(tmp_path: Path) -> None:
    masks = np.random.default_rng(1).integers(0, 2, (48, *SIZE)).astype("uint8")
    dataset = MaskDataset("noise", ("back", "front"), lambda number: (NOISE.images[number], masks[number]), np.arange(48))
    assert_resumed_alike(segmentation_network, SMALL, dataset, tmp_path)


def test_a_draw_is_of_its_step_its_layer_and_its_seed_and_behind_them_layers_draw_as_before() -> None:
    images = keras.Input((8, 8, 32))
    layers = [keras.layers.SpatialDropout2D(0.5), keras.layers.SpatialDropout2D(0.5)]
    model = keras.Model(images, [layer(images) for layer in layers])
    config, step, ones = model.get_config(), tf.Variable(0, dtype=tf.int64), np.ones((4, 8, 8, 32), np.float32)

    @tf.function
    def compiled() -> Any:
        return model(ones, training=True)

    def drawn(number: int, seed: int = 1) -> list[np.ndarray]:
        step.assign(number)
        with drawn_by_step(model, step, seed):
            return [output.numpy() for output in compiled()]

    first, again, later = drawn(0), drawn(0), drawn(1)
    assert np.array_equal(first, again) and set(np.unique(first)) == {0.0, 2.0}
    assert not np.array_equal(first[0], first[1]) and not np.array_equal(first[0], later[0])
    with drawn_by_step(model, step, 2):
        assert not np.array_equal(model(ones, training=True)[0], later[0])
    assert not np.array_equal(*(model(ones, training=True)[0] for _ in range(2)))
    assert model.get_config() == config and not model.weights
