"""A network that has more weights than a file has room for is given up while it is built, before it takes minutes and gigabytes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bnn_zoo._keras import tf
from bnn_zoo.hub.errors import WeightMismatchError

#: Bytes that a tensor takes in a packed file's header: its name, its kind, its shape, its place.
_LEAST_OF_A_TENSOR = 48

#: Of a packed kernel, which takes one bit each; of other weights it is fewer.
_MOST_IN_A_BYTE = 8


@contextmanager
def no_larger_than(path: Path) -> Iterator[None]:
    """Counts the weights of what is built meanwhile.

    Args:
        path: of a packed file, which is to have all of them.

    Raises:
        WeightMismatchError: as soon as there are more than the file can hold, however small they are in it. No memory is taken for
            the one with which there are.
    """
    size = path.stat().st_size
    most, most_tensors = size * _MOST_IN_A_BYTE, size // _LEAST_OF_A_TENSOR
    weights = tensors = 0

    def count(create: Any, **arguments: Any) -> Any:
        nonlocal weights, tensors
        shape = arguments.get("shape")
        if shape is not None:  # or it is TensorFlow's own, for random numbers
            weights += math.prod(shape)
            tensors += 1
        if weights > most or tensors > most_tensors:
            raise WeightMismatchError(f"it has at least {weights} weights in {tensors} tensors, more than fit into {size} bytes")
        return create(**arguments)

    with tf.variable_creator_scope(count):
        yield
