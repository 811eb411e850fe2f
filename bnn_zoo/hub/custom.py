"""Networks that are not of the zoo: described by their Keras configuration, and rebuilt without running foreign code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bnn_zoo._error_words import in_one_line
from bnn_zoo._keras import keras, larq
from bnn_zoo.hub.allowed_classes import CLASSES, FUNCTIONS, MODULES, VALUES
from bnn_zoo.hub.errors import WeightFileError

#: Classes of Keras that hold code, or name operations of TensorFlow.
_CODE = (
    "ClassMethod",
    "InstanceMethod",
    "InstanceProperty",
    "Lambda",
    "SlicingOpLambda",
    "TensorFlowOpLayer",
    "__lambda__",
    "function",
)

_WAY_OUT = "Use a layer class of its own in its place, registered with Keras."


def config_of(model: keras.Model) -> dict[str, Any]:
    """The Keras configuration of a model, as JSON has it.

    Raises:
        ValueError: if it holds a layer that would not be rebuilt from a file.
    """
    config = _uncompiled(json.loads(model.to_json()))
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
        WeightFileError: if it names a class or a function that is neither registered with Keras nor one of Keras's that do
            nothing but arithmetic, or cannot be built.
    """
    from bnn_zoo.blocks import channel_layers, deployed_layers, layers, quantizers  # noqa: F401  registers their classes with Keras

    larq.layers.QuantConv2D  # noqa: B018  importing larq registers its classes
    try:
        config = _uncompiled(config)
        _check(config, where)
        if name is not None and isinstance(config.get("config"), Mapping):
            config = {**config, "config": {**config["config"], "name": name}}
        model = keras.models.model_from_json(json.dumps(config))
    except WeightFileError:
        raise
    except Exception as error:  # Keras raises whatever its constructors raise
        raise WeightFileError(f"{where}: Keras cannot build this network ({in_one_line(error, 200)}).") from error
    if not isinstance(model, keras.Model):
        raise WeightFileError(f"{where}: describes a {type(model).__name__}, not a network.")
    return model


def _uncompiled(value: Any) -> Any:
    """A configuration without the optimizers and losses of models inside it, which Keras would make too."""
    if isinstance(value, list):
        return [_uncompiled(entry) for entry in value]
    if not isinstance(value, Mapping):
        return value
    return {key: _uncompiled(entry) for key, entry in value.items() if key != "compile_config"}


def _check(value: Any, where: str) -> None:
    if isinstance(value, list):
        for entry in value:
            _check(entry, where)
        return
    if not isinstance(value, Mapping):
        return
    if "class_name" in value:
        _check_class(value, where)
    for entry in value.values():
        _check(entry, where)


def _check_class(value: Mapping[str, Any], where: str) -> None:
    kind, module, settings = value["class_name"], value.get("module"), value.get("config")
    if kind == "function" and module == "builtins" and _is_registered(settings):
        return
    if kind in _CODE:
        raise WeightFileError(f"{where}: has a {kind} layer, which holds code. {_WAY_OUT}")
    function = settings.get("function") if isinstance(settings, Mapping) else None
    if kind == "TFOpLambda" and function not in FUNCTIONS:
        raise WeightFileError(
            f"{where}: calls the TensorFlow function {function!r:.100} as a layer; allowed are {', '.join(sorted(FUNCTIONS))}."
        )
    if kind in VALUES or _is_found_by_name(value):
        return
    if module is not None and module not in MODULES:
        raise WeightFileError(
            f"{where}: needs the class {kind!r:.100} of the module {module!r:.100}, which is not registered with Keras in this "
            "process; import the module that registers it first."
        )
    if kind not in CLASSES | {"TFOpLambda"} or value.get("registered_name") not in (None, kind):
        raise WeightFileError(
            f"{where}: has a {kind!r:.100}, which is none of the classes that are rebuilt from a file: those of larq.layers, "
            f"those of Keras that do nothing but arithmetic, and registered ones. {_WAY_OUT}"
        )


def _is_found_by_name(value: Mapping[str, Any]) -> bool:
    """Whether Keras finds a class by its name among the registered ones, and looks at nothing else."""
    kind, module = value["class_name"], value.get("module")
    if kind in ("CompositeTensor", "TypeSpec") or str(kind).startswith("__"):
        return False  # Keras reads these in ways of their own
    # Without a module, or another name, Keras goes by the class's own.
    name = value.get("registered_name", kind)
    return _is_registered(name) and (module is not None or _is_registered(kind))


def _is_registered(name: Any) -> bool:
    """Whether a name is registered with Keras, and not by Keras itself, which registers optimizers among others."""
    found = keras.utils.get_custom_objects().get(name) if isinstance(name, str) else None
    return found is not None and found.__module__.partition(".")[0] not in ("keras", "tf_keras")
