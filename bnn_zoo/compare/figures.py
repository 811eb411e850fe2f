"""Counts the parameters, bytes and operations of a network, as larq's own summary does.

`python -m bnn_zoo.compare.figures` counts those of the whole zoo anew and writes them to the package's data.
"""

from __future__ import annotations

import dataclasses
import json

from bnn_zoo._keras import keras, larq
from bnn_zoo.models import Architecture, architectures
from bnn_zoo.models.build import build_model
from bnn_zoo.models.figures import PATH, Figures

_MIB = 8 * 2**20


def count(model: keras.Model) -> Figures:
    """The figures of any Keras model, with larq layers or without.

    Args:
        model: with a fixed input size.
    """
    profile = larq.models.ModelProfile(model)
    binary = profile.weight_count(bitwidth=1)
    macs = profile.op_count("mac")
    macs_binary = profile.op_count("mac", 1)
    height, width, channels = model.input_shape[1:]
    return Figures(
        input_shape=(height, width, channels),
        parameters=model.count_params(),
        parameters_1bit=binary,
        parameters_32bit=model.count_params() - binary,
        size_mib=round(profile.memory / _MIB, 4),
        float_size_mib=round(profile.fp_equivalent_memory / _MIB, 4),
        macs_binary=macs_binary,
        macs_real=macs - macs_binary,
    )


def count_architecture(entry: Architecture) -> Figures:
    """The figures of an architecture at its usual input size and number of classes."""
    return count(build_model(entry, num_classes=entry.num_classes))


def _write() -> None:
    figures = {}
    for name, entry in architectures().items():
        figures[name] = dataclasses.asdict(count_architecture(entry))
        keras.backend.clear_session()
    PATH.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    _write()
