"""Networks that are not of the zoo: described by their Keras configuration, and rebuilt without running foreign code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bnn_zoo._keras import keras, larq
from bnn_zoo.hub.errors import WeightFileError

#: Calls of TensorFlow functions that Keras records as layers (`x + y`, `tf.nn.relu(x)`), which do nothing but arithmetic.
_ARITHMETIC = {
    "__operators__.add",
    "concat",
    "math.add",
    "math.add_n",
    "math.divide",
    "math.maximum",
    "math.minimum",
    "math.multiply",
    "math.subtract",
    "math.truediv",
    "nn.relu",
    "nn.softmax",
    "reshape",
}


def config_of(model: keras.Model) -> dict[str, Any]:
    """The Keras configuration of a model, as JSON has it.

    Raises:
        ValueError: if it holds a layer that could not be rebuilt without running code from the file.
    """
    config = json.loads(model.to_json())
    try:
        _check(config, model.name)
    except WeightFileError as error:
        raise ValueError(str(error)) from error
    return config


def rebuild(config: Mapping[str, Any], where: str) -> keras.Model:
    """The network that a Keras configuration describes, with random weights.

    Args:
        config: as `config_of` gives it.
        where: a file's name, for messages.

    Raises:
        WeightFileError: if it asks for code (a Lambda layer, a function outside a short list), or cannot be built.
    """
    from bnn_zoo.blocks import layers, quantizers  # noqa: F401  registers their classes with Keras

    larq.layers.QuantConv2D  # noqa: B018  importing larq registers its classes
    _check(config, where)
    try:
        return keras.models.model_from_json(json.dumps(config))
    except Exception as error:  # Keras raises whatever its constructors raise
        raise WeightFileError(f"{where}: Keras cannot build this network ({str(error)[:200]}).") from error


def _check(value: Any, where: str) -> None:
    if isinstance(value, list):
        for entry in value:
            _check(entry, where)
        return
    if not isinstance(value, Mapping):
        return
    kind = value.get("class_name")
    if kind in ("Lambda", "SlicingOpLambda", "ClassMethod", "InstanceMethod", "InstanceProperty", "__lambda__", "function"):
        raise WeightFileError(
            f"{where}: has a {kind} layer, which holds code. Use a layer class of its own in its place, registered with Keras."
        )
    if kind == "TFOpLambda" and value.get("config", {}).get("function") not in _ARITHMETIC:
        raise WeightFileError(
            f"{where}: calls the TensorFlow function {value.get('config', {}).get('function')!r} as a layer; allowed are "
            f"{', '.join(sorted(_ARITHMETIC))}."
        )
    for entry in value.values():
        _check(entry, where)
