"""The zoo's networks in a size that builds and runs in a second."""

from __future__ import annotations

from typing import Any

import numpy as np

import bnn_zoo
from bnn_zoo._keras import keras
from bnn_zoo.models import architectures

_DENSENET: dict[str, Any] = dict(section_blocks=(1, 2, 1, 1), filters=32, growth_rate=16)
_RESIDUAL: dict[str, Any] = dict(filters=8, section_blocks=(1, 2, 1, 1))
_MELIUSNET: dict[str, Any] = dict(section_blocks=(1, 1, 1, 1), transition_filters=(32, 48, 64), growth_rate=16)
#: With fewer filters the first gates have so few hidden units that all of them may be dead.
_BNEXT: dict[str, Any] = dict(_RESIDUAL, filters=32)
_GROUP_NET: dict[str, Any] = dict(_RESIDUAL, bases=2)
_QUICKNET: dict[str, Any] = dict(section_blocks=(1, 2, 1, 1), section_filters=(8, 16, 24, 32))

#: Arguments by the name of the network.
NARROW: dict[str, dict[str, Any]] = {
    "binarynet": dict(section_filters=(8, 16, 16), dense_units=(32, 24)),
    "binary_alexnet": dict(dense_units=(32, 24)),
    "xnornet": dict(dense_units=(32, 24)),
    "dorefanet": dict(dense_units=(32, 24)),
    "birealnet": _RESIDUAL,
    "birealnet34": _RESIDUAL,
    "birealnet50": _RESIDUAL,
    "binary_resnet_e18": _RESIDUAL,
    "binary_resnet_e34": _RESIDUAL,
    "binary_densenet28": _DENSENET,
    "binary_densenet37": _DENSENET,
    "binary_densenet37_dilated": _DENSENET,
    "binary_densenet45": _DENSENET,
    "group_net18": _GROUP_NET,
    "group_net34": _GROUP_NET,
    "group_net18_segmentation": _GROUP_NET,
    "meliusnet22": dict(section_blocks=(1, 1, 1, 1), transition_filters=(32, 40, 48), growth_rate=16),
    "meliusnet29": _MELIUSNET,
    "meliusnet42": _MELIUSNET,
    "meliusnet59": _MELIUSNET,
    "meliusnet_a": _MELIUSNET,
    "meliusnet_b": _MELIUSNET,
    "meliusnet_c": _MELIUSNET,
    "reactnet18": _RESIDUAL,
    "reactnet_a": _RESIDUAL,
    "strong_baseline_net": _RESIDUAL,
    "real_to_binary_net": _RESIDUAL,
    "quicknet_small": _QUICKNET,
    "quicknet": _QUICKNET,
    "quicknet_large": _QUICKNET,
    **dict.fromkeys(("bnext_tiny", "bnext_small", "bnext_middle", "bnext_large"), _BNEXT),
    "ab_reactnet18": _RESIDUAL,
    "ab_reactnet34": _RESIDUAL,
    "ab_reactnet_a": _RESIDUAL,
}
assert set(NARROW) == set(architectures())

#: Networks that differ from another one in depth or width only, and so not at all when both are narrow.
SAME_WHEN_NARROW = {
    "group_net34": "group_net18",
    "meliusnet42": "meliusnet29",
    "meliusnet59": "meliusnet29",
    "meliusnet_c": "meliusnet_a",
    "binary_densenet37": "binary_densenet28",
    "binary_densenet45": "binary_densenet28",
    "quicknet": "quicknet_small",
    "quicknet_large": "quicknet_small",
    "bnext_small": "bnext_tiny",
    "bnext_middle": "bnext_tiny",
    "bnext_large": "bnext_tiny",
    "ab_reactnet34": "ab_reactnet18",
}
#: The names to go through where narrow networks are tested.
DISTINCT = [name for name in NARROW if name not in SAME_WHEN_NARROW]


def narrow(network: str, **arguments: Any) -> keras.Model:
    """A network of the zoo, narrow; unless said otherwise for pictures of 32x32 and 10 classes."""
    if not ({"input_shape", "input_tensor"} & set(arguments)):
        arguments["input_shape"] = (32, 32, 3)
    if arguments.get("include_top", True):
        arguments.setdefault("num_classes", 10)
    return bnn_zoo.create_model(network, **{**NARROW[network], **arguments})


def filled(network: str, **arguments: Any) -> keras.Model:
    """The same, every variable with values of its own."""
    return randomize(narrow(network, **arguments))


def probabilities_shape(name: str, num_classes: int, size: tuple[int, int] = (32, 32)) -> tuple[int, ...]:
    """What a network gives of a picture of a size: (classes,), or (height, width, classes)."""
    return (*size, num_classes) if architectures()[name].per_pixel else (num_classes,)


def classes_for(model: keras.Model, batch: int = 4) -> np.ndarray:
    """Classes that a network could be trained on: (batch,), or (batch, height, width)."""
    *shape, num_classes = model.output_shape[1:]
    return (np.arange(batch * int(np.prod(shape))) % num_classes).reshape(batch, *shape)


def randomize(model: keras.Model, seed: int = 0) -> keras.Model:
    """Gives every variable values of its own, batch-norm statistics too: a layer that is mixed up shows."""
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        if "moving_variance" in variable.name or "gamma" in variable.name:
            value = rng.uniform(0.5, 1.5, variable.shape)
        elif len(variable.shape) == 1:
            value = rng.normal(0, 0.3, variable.shape)
        else:
            value = rng.normal(0, 0.5, variable.shape)
        variable.assign(value.astype("float32"))
    return model


def noise(height: int = 32, width: int = 32, channels: int = 3, batch: int = 4, seed: int = 0) -> np.ndarray:
    """Pictures, float32, (batch, height, width, channels)."""
    return np.random.default_rng(seed).normal(0, 1, (batch, height, width, channels)).astype("float32")
