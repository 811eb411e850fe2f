"""The layers of a network as plain data, in the order in which they are computed: all that is told of it follows from them."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: One file a network of the zoo, at its usual input size; `python -m bnn_zoo.comparison.figures` writes them.
STORED = Path(__file__).with_name("stored_layers")

#: Layers that give their input another shape, and no copy.
VIEWS = ("Flatten", "Reshape", "Dropout", "SpatialDropout2D")

#: Layers that compute a value from the values at the same place, normalization left aside.
ELEMENTWISE = (
    *("Activation", "ReLU", "PReLU", "LeakyReLU", "ELU", "ThresholdedReLU", "Softmax"),
    *("PowerOfTwoPReLU", "LeakyClip", "ChannelBias", "ChannelScale", "OuterScale", "ChannelAffine", "ChannelThreshold"),
    *("SoftGate", "ChannelMix"),
    *("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "AddToLastChannels"),
)

NORMS = ("BatchNormalization", "LayerNormalization")

#: What few networks have: stored only where a layer has it, so that files tell nothing that the defaults say.
_SELDOM = ("other_outputs", "is_output")


@dataclass(frozen=True)
class Layer:
    """One use of a layer.

    Args:
        name: the Keras layer's; from its second use on with the number of the use, as in "conv:2".
        kind: the name of its class.
        inputs: names of the layers whose outputs it takes.
        output_shape: without the batch: (height, width, channels), or (units,); of several outputs that of the first.
        input_bits: precision of its inputs: 1 where they are binarized, 32 where nothing quantizes them.
        kernel_bits: precision of its kernel; None without one.
        parameters: how many, all weights together; 0 for a second use.
        values: numbers that are stored, once batch norm is a scale and a shift.
        parameters_1bit: parameters that are used through their sign.
        size_bits: of its weights, deployed: 1 bit or 32 a weight, batch norm as a scale and a shift.
        macs: multiply-accumulates a picture.
        macs_binary: those of them with inputs and kernel of 1 bit.
        window: (height, width) of what one output sees, dilation included, pixels of its input; (0, 0) for everything.
        strides: (height, width), pixels.
        has_bias: whether a bias is added.
        other_outputs: values of its outputs behind the first, all together.
        is_output: whether the network gives its output though other layers take it; what no layer takes is given in any case.
    """

    name: str
    kind: str
    inputs: tuple[str, ...] = ()
    output_shape: tuple[int, ...] = ()
    input_bits: int = 32
    kernel_bits: int | None = None
    parameters: int = 0
    values: int = 0
    parameters_1bit: int = 0
    size_bits: int = 0
    macs: int = 0
    macs_binary: int = 0
    window: tuple[int, int] = (1, 1)
    strides: tuple[int, int] = (1, 1)
    has_bias: bool = False
    other_outputs: int = 0
    is_output: bool = False

    @property
    def is_quantized(self) -> bool:
        """Whether inputs and kernel are of a few bits: what the guide calls a binary layer."""
        return self.input_bits < 32 and (self.kernel_bits or 32) < 32

    @property
    def computes(self) -> bool:
        """Whether it multiplies features with a kernel."""
        return self.kernel_bits is not None

    @property
    def features(self) -> int:
        """How many values it gives for one picture."""
        return math.prod(self.output_shape) + self.other_outputs

    @property
    def is_map(self) -> bool:
        """Whether its output has height and width."""
        return len(self.output_shape) == 3


def consumers_of(layers: tuple[Layer, ...]) -> dict[str, list[Layer]]:
    """By name, the layers that take each layer's output; none for an output of the network."""
    found: dict[str, list[Layer]] = {layer.name: [] for layer in layers}
    for layer in layers:
        for name in dict.fromkeys(layer.inputs):
            found[name].append(layer)
    return found


@functools.cache
def stored_layers(network: str) -> tuple[Layer, ...]:
    """The layers of a network of the zoo at its usual input size and number of classes, without building it."""
    fields, *rows = json.loads((STORED / f"{network}.json").read_text(encoding="utf-8"))
    return tuple(_layer(dict(zip(fields, row, strict=True))) for row in rows)


def store_layers(network: str, layers: tuple[Layer, ...]) -> None:
    """Writes what `stored_layers` reads: a line a layer, so that a change of one shows as one line."""
    known = [field.name for field in dataclasses.fields(Layer)]
    fields = [name for name in known if name not in _SELDOM or any(getattr(layer, name) for layer in layers)]
    rows = [fields, *([getattr(layer, name) for name in fields] for layer in layers)]
    STORED.mkdir(exist_ok=True)
    text = ",\n".join(json.dumps(row) for row in rows)
    (STORED / f"{network}.json").write_text(f"[{text}]\n", encoding="utf-8")


def _layer(values: dict[str, Any]) -> Layer:
    typed: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return Layer(**typed)
