"""What a teacher adds to the loss, number by number."""

from __future__ import annotations

import numpy as np
import pytest

from bnn_zoo._keras import keras, tf
from bnn_zoo.training.distillation import attention_distance, logits_divergence, training_model
from bnn_zoo.training.stage import Stage


def small(seed: int, classes: int = 3, side: int = 4) -> keras.Model:
    images = keras.Input((side, side, 1))
    x = keras.layers.Conv2D(2, 3, name="look", kernel_initializer=keras.initializers.GlorotNormal(seed))(images)
    x = keras.layers.Dense(classes, kernel_initializer=keras.initializers.GlorotNormal(seed))(keras.layers.Flatten()(x))
    return keras.Model(images, keras.layers.Activation("softmax", name="end")(x))


def test_attention_compares_where_and_not_how_much() -> None:
    one = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype("float32")
    other = np.random.default_rng(1).normal(size=(2, 3, 4, 7)).astype("float32")
    np.testing.assert_allclose(attention_distance(one, 3.0 * one), [0.0, 0.0], atol=1e-6)
    maps = [(x**2).sum(axis=-1) for x in (one, other)]
    maps = [m / m.max(axis=(1, 2), keepdims=True) for m in maps]
    np.testing.assert_allclose(attention_distance(one, other), ((maps[0] - maps[1]) ** 2).mean(axis=(1, 2)), rtol=1e-5)


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_logits_are_compared_as_softened_probabilities(temperature: float) -> None:
    own, taught = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    p, q = (np.exp(z / temperature) / np.exp(z / temperature).sum(axis=1, keepdims=True) for z in (taught, own))
    expected = temperature**2 * (p * np.log(p / q)).sum(axis=1)
    np.testing.assert_allclose(logits_divergence(own, taught, temperature), expected, rtol=1e-4, atol=1e-6)


def test_a_network_follows_its_teacher_which_stays_as_it_is() -> None:
    student, teacher = small(1), small(2)
    before = teacher.get_weights()
    stage = Stage("s", 1, teacher="t", label_weight=0.0, logits_weight=1.0, attention_weight=1.0, attention=("look",))
    model = training_model(student, teacher, stage, l2=0.0)
    assert [weight is own for weight, own in zip(model.weights, student.weights, strict=True)]
    model.compile(keras.optimizers.legacy.Adam(0.02), "categorical_crossentropy", metrics=["accuracy"])
    images = np.random.default_rng(0).normal(size=(64, 4, 4, 1)).astype("float32")
    labels = np.eye(3)[np.zeros(64, int)]
    distance = np.abs(student.predict(images, verbose=0) - teacher.predict(images, verbose=0)).mean()
    model.fit(images, labels, epochs=60, verbose=0)
    assert np.abs(student.predict(images, verbose=0) - teacher.predict(images, verbose=0)).mean() < 0.2 * distance
    for old, new in zip(before, teacher.get_weights(), strict=True):
        np.testing.assert_array_equal(new, old)


def test_each_picture_has_its_own_lesson() -> None:
    student, teacher = small(1), small(2)
    model = training_model(student, teacher, Stage("s", 1, teacher="t", label_weight=0.0, logits_weight=1.0), l2=0.0)
    model.compile(keras.optimizers.legacy.SGD(1.0), "categorical_crossentropy", metrics=["accuracy"])
    images = tf.constant(np.random.default_rng(0).normal(size=(8, 4, 4, 1)), tf.float32)
    own, taught = (keras.Model(network.input, network.layers[-1].input) for network in (student, teacher))
    with tf.GradientTape() as tape:
        p, q = tf.nn.softmax(taught(images)), tf.nn.softmax(own(images))
        divergence = tf.reduce_mean(tf.reduce_sum(p * tf.math.log(p / q), axis=1))
    gradients = tape.gradient(divergence, student.trainable_variables)
    expected = [
        variable.numpy() - gradient.numpy() for variable, gradient in zip(student.trainable_variables, gradients, strict=True)
    ]
    model.train_on_batch(images, np.eye(3)[np.zeros(8, int)])
    for variable, wanted in zip(student.trainable_variables, expected, strict=True):
        np.testing.assert_allclose(variable.numpy(), wanted, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("l2", [0.0, 0.1])
@pytest.mark.parametrize("label_weight", [0.0, 0.5])
def test_the_loss_that_is_told_is_the_one_that_is_minimised(label_weight: float, l2: float) -> None:
    student, teacher = small(1), small(2)
    stage = Stage("s", 1, teacher="t", label_weight=label_weight, logits_weight=2.0, attention_weight=3.0, attention=("look",))
    model = training_model(student, teacher, stage, l2)
    model.compile(keras.optimizers.legacy.SGD(0.0), "categorical_crossentropy", metrics=["accuracy"])
    images = np.random.default_rng(0).normal(size=(12, 4, 4, 1)).astype("float32")
    labels = np.eye(3)[np.arange(12) % 3]
    cross_entropy = student.predict(images, verbose=0)[labels == 1]
    cross_entropy = -np.log(cross_entropy).mean()
    own, taught = (
        keras.Model(net.input, [net.layers[-1].input, net.get_layer("look").output])(images) for net in (student, teacher)
    )
    lesson = 2.0 * logits_divergence(own[0], taught[0], 1.0) + 3.0 * attention_distance(own[1], taught[1])
    penalty = sum(np.square(weight.numpy()).sum() for weight in student.trainable_weights if "kernel" in weight.name)
    expected = label_weight * cross_entropy + np.mean(lesson) + l2 * penalty
    told = model.fit(images, labels, batch_size=4, epochs=2, validation_data=(images, labels), verbose=0).history
    np.testing.assert_allclose(told["loss"], [expected] * 2, rtol=1e-5)
    np.testing.assert_allclose(told["val_loss"], [cross_entropy] * 2, rtol=1e-5)
    assert set(told) == {"loss", "accuracy", "val_loss", "val_accuracy"}


def test_a_penalty_pulls_kernels_and_nothing_else() -> None:
    network = small(1)
    before = {variable.name: variable.numpy() for variable in network.trainable_variables}
    model = training_model(network, None, Stage("s", 1, label_weight=0.0), l2=0.1)
    model.compile(keras.optimizers.legacy.SGD(1.0), "categorical_crossentropy", metrics=["accuracy"])
    model.train_on_batch(tf.zeros([2, 4, 4, 1]), np.eye(3)[:2])
    for variable in network.trainable_variables:
        factor = 0.8 if "kernel" in variable.name else 1.0
        np.testing.assert_allclose(variable.numpy(), factor * before[variable.name], rtol=1e-5)


def test_without_anything_to_add_the_network_itself_is_trained() -> None:
    network = small(1)
    assert training_model(network, None, Stage("s", 1), l2=0.0) is network


def test_what_cannot_be_compared_is_refused() -> None:
    headless = keras.Sequential([keras.layers.Dense(3, input_shape=(2,))])
    stage = Stage("s", 1, teacher="t", logits_weight=1.0)
    with pytest.raises(ValueError, match="must end with a softmax"):
        training_model(headless, headless, stage, l2=0.0)
    with pytest.raises(ValueError, match="no such layer"):
        training_model(small(1), small(2), Stage("s", 1, teacher="t", attention_weight=1.0, attention=("nowhere",)), l2=0.0)
    logits = Stage("s", 1, teacher="t", logits_weight=1.0)
    for teacher, words in ((small(2, classes=1), r"logits are \(None, 3\) .* \(None, 1\)"), (small(2, side=6), "pictures are")):
        with pytest.raises(ValueError, match=words):
            training_model(small(1), teacher, logits, l2=0.0)
    maps = Stage("s", 1, teacher="t", attention_weight=1.0, attention=("look",))
    one, other = (_looking(size) for size in (1, 3))
    with pytest.raises(ValueError, match=r"maps of look are \(None, 4, 4\) in the network, \(None, 2, 2\) in its teacher"):
        training_model(one, other, maps, l2=0.0)


def _looking(size: int) -> keras.Model:
    looks, pool = keras.layers.Conv2D(3, size, input_shape=(4, 4, 1), name="look"), keras.layers.GlobalAveragePooling2D()
    return keras.Sequential([looks, pool, keras.layers.Activation("softmax")])
