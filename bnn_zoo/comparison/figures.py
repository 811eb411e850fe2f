"""Counts the parameters, bytes and operations of a network, as larq's own summary does.

`python -m bnn_zoo.comparison.figures` counts those of the whole zoo anew and writes them to the package's data.
"""

from __future__ import annotations

import dataclasses
import json

from bnn_zoo._keras import keras
from bnn_zoo.comparison.activations import peak_activation_bits
from bnn_zoo.comparison.layers import Layer, store_layers
from bnn_zoo.comparison.operations import operations
from bnn_zoo.comparison.read import read_layers
from bnn_zoo.comparison.receptive_field import receptive_field
from bnn_zoo.comparison.shortcuts import find_shortcuts
from bnn_zoo.models import Architecture, architectures
from bnn_zoo.models.build import build_model
from bnn_zoo.models.figures import PATH, Figures

_MIB = 8 * 2**20


def count(model: keras.Model) -> Figures:
    """The figures of any Keras model, with larq layers or without.

    Args:
        model: functional or sequential, with a fixed input size.

    Raises:
        TypeError: if it is another kind of model, takes more than one input, or has operations that cannot be counted.
        ValueError: if the size of its pictures is free.
    """
    return figures_from(read_layers(model))


def figures_from(layers: tuple[Layer, ...]) -> Figures:
    """The figures that follow from a network's layers."""
    height, width, channels = layers[0].output_shape
    parameters = sum(layer.parameters for layer in layers)
    binary = sum(layer.parameters_1bit for layer in layers)
    macs_binary = sum(layer.macs_binary for layer in layers)
    return Figures(
        input_shape=(height, width, channels),
        parameters=parameters,
        parameters_1bit=binary,
        parameters_32bit=parameters - binary,
        size_mib=round(sum(layer.size_bits for layer in layers) / _MIB, 4),
        float_size_mib=round(32 * sum(layer.values for layer in layers) / _MIB, 4),
        macs_binary=macs_binary,
        macs_real=sum(layer.macs for layer in layers) - macs_binary,
        operations=round(operations(layers)),
        peak_activation_mib=round(peak_activation_bits(layers) / _MIB, 4),
        receptive_field=receptive_field(layers),
        shortcuts=len(find_shortcuts(layers)),
    )


def layers_of_architecture(entry: Architecture) -> tuple[Layer, ...]:
    """The layers of an architecture at its usual input size and number of classes."""
    return read_layers(build_model(entry, num_classes=entry.num_classes))


def _write() -> None:
    figures = {}
    for name, entry in architectures().items():
        layers = layers_of_architecture(entry)
        store_layers(name, layers)
        figures[name] = dataclasses.asdict(figures_from(layers))
        keras.backend.clear_session()
    PATH.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    _write()
