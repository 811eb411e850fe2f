"""Which of a network's variables are what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bnn_zoo._keras import larq


def plain_name(variable: Any) -> str:
    """A variable's name; on several devices its copies are numbered behind it."""
    name: str = variable.name.partition(":")[0]
    return name.partition("/replica_")[0]


def binary_kernels(variables: Sequence[Any]) -> list[Any]:
    """Those that a quantizer makes +1 or -1: their latent weights."""
    return [variable for variable in variables if larq.optimizers.Bop.is_binary_variable(variable)]


def real_kernels(variables: Sequence[Any]) -> list[Any]:
    """The kernels of layers in full precision."""
    quantized = [variable for variable in variables if (getattr(variable, "precision", None) or 32) < 32]
    named = [variable for variable in variables if plain_name(variable).endswith("kernel")]
    return [variable for variable in named if not any(variable is other for other in quantized)]
