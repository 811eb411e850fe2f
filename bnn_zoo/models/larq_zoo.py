"""The same networks in larq-zoo, where that package is installed: what measurements compare with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bnn_zoo._error_words import in_one_line
from bnn_zoo.models import find_architecture


def larq_zoo_factory(name: str) -> Callable[..., Any]:
    """larq-zoo's function that makes a network of this zoo.

    Args:
        name: the network's, here.

    Returns:
        What takes `input_shape`, `weights` and `num_classes`, and gives a Keras model.

    Raises:
        ImportError: larq-zoo is not installed, or does not import.
        ValueError: for an unknown network, or one that larq-zoo does not have.
    """
    try:
        import larq_zoo  # type: ignore[import-not-found]
    except ImportError as error:
        # With its dependencies pip would want a protobuf that TensorFlow no longer works with.
        advice = "pip install --no-deps larq-zoo zookeeper typeguard"
        raise ImportError(f"larq-zoo cannot be imported ({in_one_line(error)}): {advice}") from error

    wanted = find_architecture(name).factory.lower()
    for room in (larq_zoo.literature, larq_zoo.sota):
        for factory in dir(room):
            if factory.lower() == wanted:
                return getattr(room, factory)  # type: ignore[no-any-return]
    raise ValueError(f"larq-zoo has no network {name!r}.")
