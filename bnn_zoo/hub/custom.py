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

#: Packages whose classes Keras may import when a configuration names them.
_PACKAGES = ("bnn_zoo", "keras", "larq", "tf_keras")


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


def rebuild(config: Mapping[str, Any], where: str, name: str | None = None) -> keras.Model:
    """The network that a Keras configuration describes, with random weights.

    Args:
        config: as `config_of` gives it.
        where: a file's name, for messages.
        name: of the model, in place of the configuration's.

    Raises:
        WeightFileError: if it asks for code (a Lambda layer, a function outside a short list), or cannot be built.
    """
    from bnn_zoo.blocks import layers, quantizers  # noqa: F401  registers their classes with Keras

    larq.layers.QuantConv2D  # noqa: B018  importing larq registers its classes
    _check(config, where)
    if name is not None and isinstance(config.get("config"), Mapping):
        config = {**config, "config": {**config["config"], "name": name}}
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
    settings = value.get("config")
    function = settings.get("function") if isinstance(settings, Mapping) else None
    if kind == "TFOpLambda" and function not in _ARITHMETIC:
        raise WeightFileError(
            f"{where}: calls the TensorFlow function {function!r:.100} as a layer; allowed are {', '.join(sorted(_ARITHMETIC))}."
        )
    # Keras would import whatever module is named here, unless the class is registered under this name.
    module = value.get("module")
    is_registered = str(value.get("registered_name")) in keras.utils.get_custom_objects()
    if kind is not None and module is not None and str(module).partition(".")[0] not in _PACKAGES and not is_registered:
        raise WeightFileError(
            f"{where}: needs the class {kind!r:.100} of the module {module!r:.100}, which is not registered with Keras in this "
            "process; import the module that registers it first."
        )
    for entry in value.values():
        _check(entry, where)
