"""Converters that users add for layer classes of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_registered: dict[type, Callable[..., Any]] = {}


class UnsupportedLayerError(ValueError):
    """A layer that a backend cannot run."""


def register_converter(layer_class: type, function: Callable[[Any, list[Any]], Any]) -> None:
    """Teaches the OpenVINO backend a layer class of your own.

    Args:
        layer_class: exactly this class is meant, not its subclasses. A class that the package knows is overruled.
        function: (layer, inputs) to an OpenVINO node or output. Inputs and output are OpenVINO outputs, pictures channels first,
            (batch, channels, height, width), and features (batch, features).

    Raises:
        TypeError: if `layer_class` is no class or `function` cannot be called.
    """
    if not isinstance(layer_class, type):
        raise TypeError(f"layer_class is {layer_class!r}; it must be a class, such as type(layer).")
    if not callable(function):
        raise TypeError(f"function is {function!r}; it must be a function of (layer, inputs) that gives an OpenVINO output.")
    _registered[layer_class] = function


def registered_converters() -> dict[type, Callable[..., Any]]:
    """What was registered."""
    return _registered
