"""Labelled pictures where they lie, still encoded: what every source but CIFAR-10's binary version is opened as."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class EncodedPictures:
    """Pictures of one split, each read when it is asked for, in any order and from any thread.

    Attributes:
        source: what the user called it, for messages.
        class_names: of all splits together.
        count: how many pictures there are.
        read: from a picture's number to its bytes and the index of its class; raises ImageError.
        name: from a picture's number to its name in the source.
        shown: from a picture's number to what an error message calls it.
        labels: int64 (count,), or None where a picture's class is known only when it is read.
    """

    source: str
    class_names: tuple[str, ...]
    count: int
    read: Callable[[int], tuple[bytes, int]]
    name: Callable[[int], str]
    shown: Callable[[int], str]
    labels: np.ndarray | None = None
