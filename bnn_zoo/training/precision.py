"""What a network computes in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bnn_zoo._keras import keras


@contextmanager
def computing_in(policy: str) -> Iterator[None]:
    """Layers that are made inside compute in this precision; Keras keeps it as a setting of the whole process.

    Args:
        policy: "float32", or "mixed_bfloat16" with variables in float32; "float64" to know what rounding does.
    """
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(policy)
    try:
        yield
    finally:
        keras.mixed_precision.set_global_policy(before)
