"""Every optimizer learns, decays what it should, and goes on after a stop as if there had been none."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_runs import SMALL, Stop, noise_network

from bnn_zoo._keras import keras, larq, tf
from bnn_zoo.blocks.channel_layers import ChannelScale
from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.data.preprocessing_settings import CIFAR10
from bnn_zoo.training import Recipe, train
from bnn_zoo.training.optimizers import make_optimizer, optimizer_state
from bnn_zoo.training.run_log import read_log
from bnn_zoo.training.schedules import make_schedule
from bnn_zoo.training.variables import binary_kernels, plain_name, real_kernels

RECIPES = {
    "radam": dataclasses.replace(SMALL, optimizer="radam", weight_decay=1e-3, clip_norm=0.5, clip_unit=0.1),
    "sgd": dataclasses.replace(SMALL, optimizer="sgd", learning_rate=0.1, weight_decay=1e-3, l2=1e-4, warmup_epochs=1),
    "case": dataclasses.replace(SMALL, real_optimizer="sgd", real_learning_rate=0.1, schedule="linear", label_smoothing=0.1),
    "bop": dataclasses.replace(
        SMALL,
        optimizer="bop",
        learning_rate=1e-3,
        schedule="steps",
        rate_steps=((1, 0.1),),
        real_optimizer="adam",
        real_learning_rate=0.01,
        real_schedule="constant",
        weight_decay=1e-3,
    ),
}


# Adam in bfloat16 is what test_resuming.py kills.
@pytest.mark.filterwarnings("error:the checkpoint")
@pytest.mark.parametrize(
    ("name", "precision"),
    [("radam", "float32"), ("sgd", "float32"), ("case", "mixed_bfloat16"), ("bop", "float32"), ("bop", "mixed_bfloat16")],
)
def test_a_run_that_was_stopped_ends_with_the_same_weights(name: str, precision: str, noise: ImageDataset, tmp_path: Path) -> None:
    recipe = dataclasses.replace(RECIPES[name], precision=precision)
    whole = train(noise_network, recipe, noise, CIFAR10, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(noise_network, recipe, noise, CIFAR10, tmp_path / "cut", checkpoint_seconds=0.0, callbacks=(Stop(7),))
    assert [path.name[:14] for path in sorted((tmp_path / "cut" / "checkpoints").iterdir())] == ["step-000000006", "step-000000007"]
    again = train(noise_network, recipe, noise, CIFAR10, tmp_path / "cut")
    for expected, found in zip(whole.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)
    for expected_row, found_row in zip(
        read_log(tmp_path / "whole" / "log.csv"), read_log(tmp_path / "cut" / "log.csv"), strict=True
    ):
        assert set(expected_row) == set(found_row) >= {"flip_ratio", "val_accuracy"}
        for key, value in expected_row.items():
            assert float(found_row[key]) == pytest.approx(float(value), rel=1e-4, abs=1e-6), key


def step_once(recipe: Recipe, model: Any, gradients: list[Any]) -> None:
    optimizer = make_optimizer(recipe, 10, model.trainable_variables)
    optimizer_state(optimizer, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))


def test_decay_shrinks_real_kernels_and_nothing_else() -> None:
    model = noise_network()
    before = [variable.numpy() for variable in model.trainable_variables]
    recipe = Recipe("a.b", optimizer="sgd", learning_rate=0.5, schedule="constant", weight_decay=0.1)
    step_once(recipe, model, [tf.zeros_like(value) for value in before])
    decayed = [variable.name for variable in real_kernels(model.trainable_variables)]
    assert decayed == ["stem_conv/kernel:0", "section_1_block_0_shortcut_conv/kernel:0", "head_dense/kernel:0"]
    for variable, old in zip(model.trainable_variables, before, strict=True):
        factor = 0.95 if variable.name in decayed else 1.0
        np.testing.assert_allclose(variable.numpy(), factor * old, rtol=1e-6, err_msg=variable.name)


def test_all_gradients_together_are_clipped_to_a_norm() -> None:
    rng = np.random.default_rng(0)
    for limit, scale in ((5.0, 5.0), (1e6, None)):
        model = noise_network()
        before = [variable.numpy() for variable in model.trainable_variables]
        gradients = [rng.normal(size=value.shape).astype(np.float32) for value in before]
        length = np.sqrt(sum(np.square(gradient).sum() for gradient in gradients))
        recipe = Recipe("a.b", optimizer="sgd", learning_rate=1e-4, momentum=0.0, schedule="constant", clip_norm=limit)
        step_once(recipe, model, [tf.constant(gradient) for gradient in gradients])
        for variable, old, gradient in zip(model.trainable_variables, before, gradients, strict=True):
            expected = old - 1e-4 * gradient * (scale / length if scale else 1.0)
            np.testing.assert_allclose(variable.numpy(), expected, atol=1e-7, err_msg=variable.name)


def test_each_units_gradient_is_clipped_to_a_share_of_its_weights() -> None:
    rng = np.random.default_rng(0)
    inputs = keras.Input((8, 8, 4))
    x = keras.layers.Conv2D(6, 3, name="conv")(inputs)
    x = ChannelScale(name="scale")(keras.layers.DepthwiseConv2D(3, name="depthwise")(x))
    model = keras.Model(inputs, keras.layers.Dense(3, name="head_dense")(x))
    before = {plain_name(variable): variable.numpy() for variable in model.trainable_variables}
    gradients = {name: rng.normal(size=value.shape).astype(np.float32) * 0.02 for name, value in before.items()}
    recipe = Recipe("a.b", optimizer="sgd", learning_rate=1.0, momentum=0.0, schedule="constant", clip_unit=0.01)
    step_once(recipe, model, [tf.constant(gradients[plain_name(variable)]) for variable in model.trainable_variables])
    # Weights as PyTorch has them, a unit a row.
    rows = {
        "conv/kernel": lambda values: values.reshape(-1, 6).T,
        "depthwise/depthwise_kernel": lambda values: values.reshape(-1, 6).T,
        "scale/gain": lambda values: values.reshape(6, 1),
        "conv/bias": lambda values: values.reshape(1, 6),
        "depthwise/bias": lambda values: values.reshape(1, 6),
    }
    for variable in model.trainable_variables:
        name = plain_name(variable)
        step = before[name] - variable.numpy()
        if name.startswith("head_dense"):
            np.testing.assert_allclose(step, gradients[name], atol=1e-7)
            continue
        weights, gradient = rows[name](before[name]), rows[name](gradients[name])
        limits = 0.01 * np.maximum(np.linalg.norm(weights, axis=1, keepdims=True), 1e-3)
        lengths = np.linalg.norm(gradient, axis=1, keepdims=True)
        expected = gradient * np.minimum(limits / lengths, 1.0)
        np.testing.assert_allclose(rows[name](step), expected, atol=1e-7, err_msg=name)


def test_the_last_layer_is_the_last_with_a_kernel() -> None:
    """In BinaryNet a batch norm follows it."""
    layers = [keras.layers.Dense(2, name=name) for name in ("first", "last")]
    model = keras.Sequential([keras.Input((2,)), *layers, keras.layers.BatchNormalization(name="norm")])
    before = {plain_name(variable): variable.numpy() for variable in model.trainable_variables}
    recipe = Recipe("a.b", optimizer="sgd", learning_rate=1.0, momentum=0.0, schedule="constant", clip_unit=1e-3)
    step_once(recipe, model, [tf.ones_like(value) for value in before.values()])
    for variable in model.trainable_variables:
        name = plain_name(variable)
        whole = name in ("last/kernel", "last/bias")
        assert (float(np.abs(before[name] - variable.numpy()).max()) > 0.5) == whole, name


def test_bop_flips_binary_kernels_by_its_rule_and_leaves_the_rest_to_the_other() -> None:
    model = noise_network()
    signs = [np.sign(kernel.numpy()) for kernel in binary_kernels(model.trainable_variables)]
    for kernel, sign in zip(binary_kernels(model.trainable_variables), signs, strict=True):
        kernel.assign(sign)
    rng = np.random.default_rng(0)
    gradients = [rng.normal(size=variable.shape).astype("float32") for variable in model.trainable_variables]
    before = {variable.name: variable.numpy() for variable in model.trainable_variables}
    recipe = Recipe("a.b", optimizer="bop", learning_rate=0.1, threshold=0.05, real_optimizer="sgd", real_learning_rate=1.0)
    step_once(dataclasses.replace(recipe, schedule="constant"), model, [tf.constant(gradient) for gradient in gradients])
    binary = {kernel.name for kernel in binary_kernels(model.trainable_variables)}
    assert len(binary) == 2
    for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
        old = before[variable.name]
        flipped = np.where(old * 0.1 * gradient > 0.05, -old, old)  # the mean gradient keeps its weight's sign, and is large
        expected = flipped if variable.name in binary else old - gradient
        np.testing.assert_allclose(variable.numpy(), expected, rtol=1e-5, atol=1e-5, err_msg=variable.name)


def test_a_network_without_binary_kernels_takes_the_other_optimizer() -> None:
    real = keras.Sequential([keras.layers.Dense(2, input_shape=(3,))])
    optimizer = make_optimizer(RECIPES["bop"], 10, real.trainable_variables)
    assert isinstance(optimizer, keras.optimizers.legacy.Adam)
    assert isinstance(make_optimizer(RECIPES["bop"], 10, noise_network().trainable_variables), larq.optimizers.CaseOptimizer)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"schedule": "constant"}, [1.0, 1.0, 1.0, 1.0]),
        ({"schedule": "linear"}, [1.0, 0.5, 0.25, 0.0]),
        ({"schedule": "cosine"}, [1.0, 0.5, 0.1464466, 0.0]),
        ({"schedule": "steps", "rate_steps": ((2, 0.5), (3, 0.1))}, [1.0, 0.5, 0.1, 0.1]),
        ({"schedule": "constant", "warmup_epochs": 2}, [0.05, 1.0, 1.0, 1.0]),
        ({"schedule": "linear", "warmup_epochs": 2}, [0.05, 1.0, 0.5, 0.0]),
    ],
)
def test_the_learning_rate_follows_its_schedule(changes: dict[str, Any], expected: list[float]) -> None:
    recipe = Recipe("a.b", learning_rate=2.0, epochs=4, **changes)
    rate = make_schedule(recipe, steps=10)
    np.testing.assert_allclose([float(rate(step)) for step in (0, 20, 30, 40)], np.multiply(2.0, expected), atol=1e-6)


def test_two_optimizers_have_two_rates() -> None:
    recipe = Recipe("a.b", learning_rate=2.0, real_optimizer="sgd", real_learning_rate=3.0, real_schedule="constant", epochs=4)
    rates = [make_schedule(recipe, steps=10, real=real) for real in (False, True)]
    np.testing.assert_allclose([float(rate(20)) for rate in rates], [1.0, 3.0], atol=1e-6)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (1, [0.99874270, -1.99986790, 0.43595773]),
        (5, [0.99730366, -1.99944833, 0.40326937]),
        (6, [0.99742578, -1.99935271, 0.40337648]),
        (12, [0.99773035, -1.99895716, 0.40418094]),
    ],
)
def test_rectified_adam_takes_the_steps_of_pytorchs(steps: int, expected: list[float]) -> None:
    """torch.optim.RAdam of PyTorch 2, in float64: from the sixth step on it scales by the second moment."""
    gradients = np.random.default_rng(0).normal(size=(12, 3)) * [1, 0.1, 10]
    weights = tf.Variable([1.0, -2.0, 0.5])
    optimizer = make_optimizer(dataclasses.replace(SMALL, optimizer="radam", schedule="constant"), 1, [weights])
    for gradient in gradients[:steps]:
        optimizer.apply_gradients([(tf.constant(gradient, tf.float32), weights)])
    np.testing.assert_allclose(weights.numpy(), expected, atol=2e-7)


def test_epsilon_and_beta_of_rectified_adam_act_as_in_bmxnet() -> None:
    """Where gradients are as small as epsilon, it matters that it is added before the second moment is corrected."""
    recipe = dataclasses.replace(SMALL, optimizer="radam", schedule="constant", beta_1=0.95, epsilon=1e-5)
    gradients = np.random.default_rng(0).normal(size=(12, 3)) * 1e-6
    weights = tf.Variable(np.zeros(3, np.float32))
    optimizer = make_optimizer(recipe, 1, [weights])
    expected, mean, square, longest = np.zeros(3), np.zeros(3), np.zeros(3), 2 / (1 - 0.999) - 1
    for step, gradient in enumerate(gradients, start=1):
        optimizer.apply_gradients([(tf.constant(gradient, tf.float32), weights)])
        mean, square = 0.95 * mean + 0.05 * gradient, 0.999 * square + 0.001 * gradient**2
        correction = 1 - 0.999**step
        length = longest - 2 * step * 0.999**step / correction
        size = recipe.learning_rate / (1 - 0.95**step)
        if length > 5:
            share = (length - 4) / (longest - 4) * (length - 2) / length * longest / (longest - 2)
            size *= np.sqrt(correction * share)
            expected -= size * mean / (np.sqrt(square) + 1e-5)
        else:
            expected -= size * mean
    np.testing.assert_allclose(weights.numpy(), expected, rtol=2e-4)
