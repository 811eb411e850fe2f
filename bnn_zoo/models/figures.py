"""Sizes and operations of each network, computed once and kept as data (figures.json).

They follow from the layers that `bnn_zoo.comparison` stores. Summing those of the whole zoo takes longer than listing it, and
that room is above this one: so the sums are kept by themselves. `python -m bnn_zoo.comparison.figures` writes both at once, and
a test holds them together.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path

PATH = Path(__file__).with_name("figures.json")


@dataclass(frozen=True)
class Figures:
    """What a network weighs and computes at `input_shape`, as larq counts.

    Args:
        input_shape: (height, width, channels).
        parameters: all of them.
        parameters_1bit: kernels that are used through their sign.
        parameters_32bit: the others.
        size_mib: deployed: 1 bit or 32 bits a parameter, MiB.
        float_size_mib: 32 bits a parameter, MiB.
        macs_binary: multiply-accumulates of 1-bit inputs and kernels, a picture.
        macs_real: the other multiply-accumulates, a picture.
        operations: OPs a picture: of 1 bit a 64th, see `bnn_zoo.comparison.operations`.
        peak_activation_mib: the most that features take at a time, a picture, MiB, see `bnn_zoo.comparison.activations`.
        receptive_field: pixels (height) that a position of the last feature map sees; None without one.
        shortcuts: paths on which features get around binary layers with their full precision.
    """

    input_shape: tuple[int, int, int]
    parameters: int
    parameters_1bit: int
    parameters_32bit: int
    size_mib: float
    float_size_mib: float
    macs_binary: int
    macs_real: int
    operations: int
    peak_activation_mib: float
    receptive_field: int | None
    shortcuts: int

    @property
    def macs(self) -> int:
        """All multiply-accumulates, a picture."""
        return self.macs_binary + self.macs_real

    @property
    def binary_share(self) -> float | None:
        """Percent of the multiply-accumulates that are binary; None without any."""
        return 100 * self.macs_binary / self.macs if self.macs else None


@functools.cache
def _all() -> dict[str, Figures]:
    values = json.loads(PATH.read_text())
    return {name: Figures(**{**entry, "input_shape": tuple(entry["input_shape"])}) for name, entry in values.items()}


def figures_of(name: str) -> Figures:
    """The figures of an architecture at its usual input size and number of classes."""
    return _all()[name]
