"""A tensor on its way from Keras into an OpenVINO graph.

Inside the graph pictures are channels first, and (batch, features) is (batch, features, 1, 1).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from bnn_zoo.deploy.registered import UnsupportedLayerError
from bnn_zoo.deploy.steps import Step, merged

Output: TypeAlias = ov.Output


class Source(Protocol):
    """What a value is made from. A foldable source takes the steps behind it into its own constants."""

    foldable: bool

    def output(self) -> Output: ...

    def with_step(self, scale: np.ndarray, shift: np.ndarray) -> Output: ...


@dataclass
class Ready:
    """A source that is an output of the graph already."""

    ready: Output
    foldable: bool = False

    def output(self) -> Output:
        return self.ready

    def with_step(self, scale: np.ndarray, shift: np.ndarray) -> Output:
        result = self.ready
        if np.any(scale != 1):
            result = ops.multiply(result, per_channel(scale)).output(0)
        return add_shift(result, shift)


@dataclass
class Deferred:
    """A source that is made when it is first needed, since it may never be."""

    make: Callable[[], Output]
    foldable: bool = False
    made: Ready | None = None

    def output(self) -> Output:
        self.made = self.made or Ready(self.make())
        return self.made.output()

    def with_step(self, scale: np.ndarray, shift: np.ndarray) -> Output:
        return Ready(self.output()).with_step(scale, shift)


class Value:
    """A Keras tensor: a source, and the steps behind it that are not in the graph yet.

    Args:
        source: what it is made from.
        shape: in Keras, without batch: (height, width, channels) or (features,).
        steps: in their order.
        flat_of: the pictures that this value is the flattened form of.
        part_of: (value, group, groups) where this is one of equal groups of a value's channels.
        parts: the values whose channels it joins.

    Attributes:
        uses: how many layers take it.
        only_binarized: whether all of them look at its sign alone.
        name: of the layer that gave it.
    """

    def __init__(
        self,
        source: Source,
        shape: Sequence[int | None],
        steps: Sequence[Step] = (),
        *,
        flat_of: Value | None = None,
        part_of: tuple[Value, int, int] | None = None,
        parts: Sequence[Value] = (),
    ) -> None:
        self.source, self.shape, self.steps = source, tuple(shape), tuple(steps)
        self.flat_of, self.part_of, self.parts = flat_of, part_of, tuple(parts)
        self.uses, self.only_binarized, self.name = 1, False, ""
        self.known_bits: Callable[[], Output | None] | None = None
        self._output: Output | None = None
        self._cache: dict[str, Any] = {}

    @property
    def channels(self) -> int:
        channels = self.shape[-1]
        if channels is None:
            raise UnsupportedLayerError(
                f"the output of layer {self.name!r} has no fixed number of channels; give the model an input size."
            )
        return channels

    def output(self) -> Output:
        """The tensor in the graph, all steps done."""
        if self._output is None:
            if self.steps:
                self._output = self.source.with_step(*merged(self.steps, self.channels))
            else:
                self._output = self.source.output()
            if not is_named(self._output):  # by this value or by an earlier one that it passes on
                name_node(self._output, self.name)
        return self._output

    def followed_by(self, step: Step) -> Value:
        """The value one step later."""
        source, steps = self.carried()
        return Value(source, self.shape, (*steps, step))

    def unchanged(self) -> Value:
        """The same tensor as the value of a layer that does nothing."""
        source, steps = self.carried()
        result = Value(source, self.shape, steps, flat_of=self.flat_of, part_of=self.part_of)
        result.known_bits = self.known_bits
        return result

    def carried(self) -> tuple[Source, tuple[Step, ...]]:
        """Source and steps for a value made from this one. A foldable source that others need too is put into the graph."""
        if self.source.foldable and self.uses > 1:
            return Ready(self.output()), ()
        return self.source, self.steps

    def once(self, key: str, make: Callable[[], Any]) -> Any:
        """What `make` gives, made once for all who ask for this key."""
        if key not in self._cache:
            self._cache[key] = make()
        return self._cache[key]


def constant(values: np.ndarray | np.float32) -> Output:
    return ops.constant(np.ascontiguousarray(values, np.float32)).output(0)


def per_channel(values: np.ndarray) -> Output:
    return constant(np.asarray(values).reshape(1, -1, 1, 1))


def add_shift(output: Output, shift: np.ndarray) -> Output:
    return ops.add(output, per_channel(shift)).output(0) if np.any(shift != 0) else output


def as_matrix(output: Output) -> Output:
    """(batch, features, 1, 1) to (batch, features)."""
    return ops.reshape(output, np.array([0, -1], np.int64), special_zero=True).output(0)


def as_pixels(output: Output) -> Output:
    """(batch, features) to (batch, features, 1, 1)."""
    return ops.reshape(output, np.array([0, -1, 1, 1], np.int64), special_zero=True).output(0)


def is_named(output: Output) -> bool:
    """Whether a node has been named after a layer already."""
    node = output.get_node()
    return node.get_friendly_name() != node.get_name()  # the one that OpenVINO numbers it by


def name_node(output: Output, name: str) -> None:
    """Names a node after its layer, so that profiles can be read."""
    if name:
        output.get_node().set_friendly_name(name)
