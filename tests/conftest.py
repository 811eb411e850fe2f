"""Fixtures of more than one folder; loaded first, so that the Hub's client never sees the user's own settings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

# The original implementations' outputs were made through oneDNN. TensorFlow leaves it off on processors without AVX-512 VNNI, where
# its own kernels add in another order: features that lie within rounding of 0 then get the other sign. Set before
# TensorFlow is loaded.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

pytest_plugins = ["hub_server.fixtures"]


@pytest.fixture
def clear_session() -> Iterator[None]:
    """Layers are counted anew after each test, what Keras kept of its networks is let go, and weights are float32."""
    from bnn_zoo._keras import keras

    yield
    keras.backend.clear_session()
    keras.mixed_precision.set_global_policy("float32")


@pytest.fixture(scope="module")
def zeros_at_first() -> Iterator[None]:
    """Kernels start as zeros: for networks of which the weights are all set later, or never looked at.

    Random numbers for kernels of full size take longer than all else about building the networks.
    """
    from bnn_zoo._keras import keras, tf

    def zeros(self: Any, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        return tf.zeros(shape, dtype or keras.backend.floatx())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.initializers.VarianceScaling, "__call__", zeros)
        yield
