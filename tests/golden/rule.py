"""The rules that fill a network's weights and its input, so that reference outputs need no stored weights."""

from __future__ import annotations

import math
import zlib
from typing import Any

import numpy as np


def leaf_of(name: str) -> str:
    """The last part of a variable's name: `kernel` of `stem_conv/kernel:0`."""
    return name.rpartition("/")[2].partition(":")[0]


def weight(leaf: str, shape: tuple[int, ...], position: int, seed: int = 0) -> np.ndarray:
    """The weight at a position of `model.weights`."""
    rng = np.random.default_rng([seed, position])
    if leaf in ("moving_variance", "gamma") or leaf.startswith("scale"):
        value = rng.uniform(0.5, 1.5, shape)
    elif leaf in ("beta", "moving_mean", "bias", "alpha"):
        value = rng.normal(0, 0.1, shape)
    else:
        value = rng.normal(0, math.prod(shape[:-1]) ** -0.5, shape)
    return value.astype("float32")


def fill(model: Any, seed: int = 0) -> None:
    """Fills a Keras model, weight by weight in the order of `model.weights`."""
    for position, variable in enumerate(model.weights):
        variable.assign(weight(leaf_of(variable.name), tuple(variable.shape), position, seed))


def pictures(shape: tuple[int, ...] = (2, 224, 224, 3), seed: int = 0) -> np.ndarray:
    """The input, float32 in (-1, 1)."""
    return np.random.default_rng([seed, 10**6]).uniform(-1, 1, shape).astype("float32")


def state_dict(described: list[tuple[str, list[int], str]], seed: int = 0) -> dict[str, np.ndarray]:
    """The state dict of an author's PyTorch network, by [name, shape, "batchnorm" or ""] of each entry."""
    # BNext multiplies features by features: with larger factors they would grow without bound.
    gammas = (0.1, 0.4) if any(name.endswith(".temperature") for name, _, _ in described) else (0.5, 1.5)
    return {name: _entry(name, tuple(shape), gammas if kind == "batchnorm" else None, seed) for name, shape, kind in described}


def _entry(name: str, shape: tuple[int, ...], gammas: tuple[float, float] | None, seed: int) -> np.ndarray:
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    leaf = name.rpartition(".")[2]
    if leaf == "temperature":
        value = np.full(shape, 1e-8)
    elif leaf == "weight" and gammas is not None:
        value = rng.uniform(*gammas, shape)
    elif leaf in ("gain", "running_var") or ".scales." in name:
        value = rng.uniform(0.5, 1.5, shape)
    elif leaf == "scale":
        value = rng.uniform(0.5, 1.5, shape) - 0.5
    elif leaf == "L_alpha":
        value = rng.uniform(-4, -1, shape)
    elif leaf in ("running_mean", "bias", "block_gate"):
        value = rng.normal(0, 0.1, shape)
    elif len(shape) == 1:
        value = rng.uniform(0, 0.5, shape)
    elif len(shape) == 2 and shape[1] == 1:
        value = rng.normal(0, 0.05, shape)
    else:
        value = rng.normal(0, math.prod(shape[1:]) ** -0.5, shape)
    return value.astype("float32")
