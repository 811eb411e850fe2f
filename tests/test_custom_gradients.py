"""A network that is deleted leaves the memory, and pseudo-gradients are found wherever TensorFlow looks for them."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest

import bnn_zoo
from bnn_zoo._keras import keras, larq, tf

MEBIBYTE = 2**20


def entries() -> int:
    from tensorflow.python.framework import ops

    gc.collect()
    return sum(name.startswith("CustomGradient-") for name in ops.gradient_registry.list())


def resident() -> int:
    """Memory of this process, bytes."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def large_network() -> keras.Model:
    """64 MiB in one kernel: so large a piece goes back to the system as soon as it is free."""
    images = keras.Input((64, 64, 4))
    return keras.Model(images, bnn_zoo.blocks.binary_dense(keras.layers.Flatten()(images), 1024))


def train_a_network() -> None:
    model = bnn_zoo.QuickNetSmall(input_shape=(32, 32, 3), num_classes=10, section_filters=(4, 4, 4, 4))
    model.compile("sgd", "mse")
    model.fit(np.zeros((2, 32, 32, 3), "float32"), np.zeros((2, 10), "float32"), verbose=0)
    model.predict(np.zeros((2, 32, 32, 3), "float32"), verbose=0)
    assert entries() > 0


def test_networks_that_were_built_run_and_trained_leave_no_gradients_behind() -> None:
    before = entries()
    train_a_network()
    assert entries() == before


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the memory of a process is read as Linux states it")
def test_networks_that_were_deleted_give_their_memory_back() -> None:
    pictures = np.zeros((1, 64, 64, 4), "float32")
    large_network().predict(pictures, verbose=0)
    before = resident()
    for _ in range(5):
        large_network().predict(pictures, verbose=0)
    assert resident() - before < 2 * 64 * MEBIBYTE


def test_gradients_through_loops_branches_and_functions_that_are_collected_meanwhile() -> None:
    binarize = larq.quantizers.ste_sign
    inner = tf.function(lambda x: binarize(x))

    @tf.function
    def gradient(x: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x
            for _ in tf.range(3):
                y = inner(y) * 0.5
            if tf.reduce_sum(y) > 0:
                y = binarize(y)
            gc.collect()
        return tape.gradient(y, x)

    x = tf.constant([0.3, -2.0, 0.5])
    np.testing.assert_array_equal(gradient(x), [0.125, 0.0, 0.125])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = inner(x)
    gc.collect()
    np.testing.assert_array_equal(tape.gradient(y, x), [1.0, 0.0, 1.0])


def test_gradients_of_a_saved_model(tmp_path: Path) -> None:
    class Signs(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([3])])
        def __call__(self, x: tf.Tensor) -> tf.Tensor:
            return larq.quantizers.ste_sign(x)

    tf.saved_model.save(Signs(), str(tmp_path), options=tf.saved_model.SaveOptions(experimental_custom_gradients=True))
    loaded = tf.saved_model.load(str(tmp_path))
    x = tf.constant([0.3, -2.0, 0.5])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = loaded(x)
    gc.collect()
    np.testing.assert_array_equal(tape.gradient(y, x), [1.0, 0.0, 1.0])
