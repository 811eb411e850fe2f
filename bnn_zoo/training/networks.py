"""The network of a stage: the recipe's own, binarized in part, or a teacher's."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bnn_zoo._keras import keras
from bnn_zoo.models import find_architecture
from bnn_zoo.models.build import build_model, record_of
from bnn_zoo.training.cooling import Cooling
from bnn_zoo.training.stage import Stage
from bnn_zoo.training.teachers import TEACHERS

#: What a kernel that is not binarized goes through all the same, by its quantizer: a network without batch norm needs it.
_REAL_KERNELS = {"standardized_sign": "standardize"}


def network_of(stage: Stage, build: Callable[[], keras.Model], cooling: Cooling | None = None) -> keras.Model:
    """The network that a stage trains.

    Its weights are those of the whole network in number, order and shape, unless it is another network.

    Args:
        stage: says what is binarized.
        build: makes the whole network.
        cooling: quantizes the kernels in place of the network's own quantizer, if given.

    Raises:
        ValueError: if the network cannot be made anew because this package did not make it, or does not say how it binarizes.
    """
    whole = build()
    if stage.binarize == "activations and weights" and not stage.network and cooling is None:
        return whole
    record = record_of(whole)
    if record is None:
        raise ValueError(f"{whole.name} was not made by bnn_zoo, so that stage {stage.name!r} cannot make its variant.")
    entry = find_architecture(record.architecture)
    arguments = {**entry.defaults, **dict(record.arguments)}
    if stage.network:
        return _teacher(stage.network, record.input_shape, record.num_classes, arguments)
    if "binarization" not in arguments:
        raise ValueError(f"{entry.name} has no argument binarization, so that stage {stage.name!r} cannot change it.")
    binarization = arguments["binarization"]
    real_kernel = _REAL_KERNELS.get(binarization.kernel_quantizer)
    partly: dict[str, Any] = {"kernel_quantizer": real_kernel, "kernel_constraint": None, "kernel_l2": 0.0}
    if cooling is not None:
        partly = {"kernel_quantizer": cooling.quantizer}
    if stage.binarize == "nothing":
        # Without it a network whose only other non-linearity is the sign would be linear.
        partly["input_quantizer"] = keras.activations.tanh
    arguments = {**dict(record.arguments), "binarization": replace(binarization, **partly)}
    return build_model(entry, input_shape=record.input_shape, num_classes=record.num_classes, arguments=arguments)


def _teacher(name: str, input_shape: Any, num_classes: int | None, arguments: dict[str, Any]) -> keras.Model:
    if name not in TEACHERS:
        raise ValueError(f"network is {name!r}; it must be one of {', '.join(TEACHERS)}.")
    teacher = TEACHERS[name]
    own = set(inspect.signature(teacher).parameters) - {"x", "num_classes"}
    missing = sorted(own - set(arguments) - {"stem"})
    if missing:
        raise ValueError(f"a {name} takes its size from the network that it teaches, which has no argument {missing[0]!r}.")
    images = keras.Input(input_shape)
    options = {key: arguments.get(key) for key in own}
    return keras.Model(images, teacher(images, num_classes, **options), name=name)
