"""A network that is deleted leaves the memory, and pseudo-gradients are found wherever TensorFlow looks for them."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest
from fresh_process import printed_by

import bnn_zoo
from bnn_zoo._keras import larq, tf


def entries() -> int:
    from tensorflow.python.framework import ops

    gc.collect()
    return sum(name.startswith("CustomGradient-") for name in ops.gradient_registry.list())


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


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="what a process has allocated is read as Linux states it")
def test_networks_that_were_deleted_give_their_memory_back() -> None:
    """Of 64 MiB each. In a process of its own: what was once in use at the same time TensorFlow keeps for later."""
    code = """
import gc
import pathlib
import numpy as np
import bnn_zoo
from bnn_zoo._keras import keras

def use_a_network():
    images = keras.Input((64, 64, 4))
    model = keras.Model(images, bnn_zoo.blocks.binary_dense(keras.layers.Flatten()(images), 1024))
    model.predict(np.zeros((1, 64, 64, 4), "float32"), verbose=0)

def allocated():
    return int(pathlib.Path("/proc/self/statm").read_text().split()[5]) * 4096

use_a_network()
gc.collect()
before = allocated()
for _ in range(6):
    use_a_network()
    gc.collect()
print((allocated() - before) / 2**20)
"""
    assert float(printed_by(code)) < 2 * 64


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
