"""From a Keras model to a .tflite file for Larq Compute Engine."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from typing import Any

from bnn_zoo._keras import tf
from bnn_zoo.deploy.backends import load_backend
from bnn_zoo.deploy.lce.rewrite import rewrite_for_lce
from bnn_zoo.deploy.lce.two_values import store_in_int8


def convert(model: Any) -> bytes:
    """The contents of a .tflite file, for one picture at a time.

    Args:
        model: a functional or sequential keras.Model with a fixed input size.

    Raises:
        ValueError: if the input size is free.
        MissingBackendError: if Larq Compute Engine is not installed.
    """
    engine = load_backend("lce")
    shape = tuple(model.input_shape[1:])
    if None in shape:
        raise ValueError(f"model {model.name!r} takes pictures of {shape}; Larq Compute Engine needs a fixed input_shape.")
    network = rewrite_for_lce(model)
    function = tf.function(lambda images: network(images, training=False))
    module = tf.Module()
    module.variables_of_network = network.variables
    module.run = function
    concrete = function.get_concrete_function(tf.TensorSpec((1, *shape), tf.float32, name="images"))
    with tempfile.TemporaryDirectory() as folder, _without_chatter():
        tf.saved_model.save(module, folder, signatures=concrete)
        return store_in_int8(engine.convert_saved_model(folder))


@contextlib.contextmanager
def _without_chatter() -> Iterator[None]:
    # The converter's C++ code writes pages of remarks to standard error.
    with open(os.devnull, "w") as nowhere:
        kept = os.dup(2)
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
