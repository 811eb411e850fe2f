"""TensorFlow's start without what it writes to the terminal."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable
from typing import TypeVar

from bnn_zoo._silence import silent_stderr

T = TypeVar("T")


def load_tensorflow(first: Callable[[], T | None] = lambda: None, *, to_train: bool = False) -> T | None:
    """Loads TensorFlow without its start-up noise.

    Part of that noise is written by C++ before any setting can stop it, so that for a moment standard error leads nowhere. An
    exception still comes through.

    Args:
        first: is called when TensorFlow is loaded but has not computed anything yet: for settings that it takes only then.
        to_train: has oneDNN compute, also on processors where TensorFlow leaves it off because they lack AVX-512 VNNI: most
            training steps are faster by it. A single picture's inference is slower, so that it stays off for the rest. What the
            environment says of it (TF_ENABLE_ONEDNN_OPTS) comes first.

    Returns:
        What `first` returns.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if to_train:
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    with silent_stderr():
        from bnn_zoo._keras import larq, tf

        result = first()
        tf.config.list_physical_devices()
        tf.constant(0.0) + 1.0
        _ = larq.quantizers
    return result
