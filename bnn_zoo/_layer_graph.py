"""A Keras model as a list of layer calls, in an order in which they can be computed."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bnn_zoo._keras import keras


@dataclass(frozen=True)
class Call:
    """One use of a layer.

    Args:
        layer: the Keras layer.
        name: the layer's; from its second use in the model on with the number of the use, as in "conv:2".
        inputs: the numbers of the tensors that it takes.
        outputs: the numbers of the tensors that it gives.
        node: the Keras node, which knows the call's further arguments and the shapes.
        training: whether the layer, or a model around it, was called with training=True and so behaves as in training always.
    """

    layer: Any
    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    node: Any
    training: bool = False

    @property
    def index(self) -> int:
        """Which of its layer's calls this is."""
        return self.node.layer._inbound_nodes.index(self.node)

    def arguments(self, tensors: Sequence[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The positional and the named arguments of the call, with other tensors in place of its inputs."""
        # One tensor may be several of the inputs, and is taken away with each.
        uses = len(tensors)
        given = {key: [x] * uses for key, x in zip(self.node.flat_input_ids, tensors, strict=True)}
        return self.node.map_arguments(given)

    def __str__(self) -> str:
        kind = type(self.layer)
        return f"layer {self.layer.name!r} ({kind.__module__}.{kind.__name__}), node {self.index}"


@dataclass(frozen=True)
class LayerGraph:
    """A model's calls, nested models inlined; tensors are numbered."""

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    calls: tuple[Call, ...]

    def consumers(self) -> dict[int, list[Call]]:
        """The calls that take each tensor."""
        found: dict[int, list[Call]] = {}
        for call in self.calls:
            for tensor in call.inputs:
                found.setdefault(tensor, []).append(call)
        return found

    def uses(self) -> Counter[int]:
        """How often each tensor is taken, by a call or as an output of the model."""
        return Counter(itertools.chain(self.outputs, *(call.inputs for call in self.calls)))


def is_functional(model: Any) -> bool:
    """Whether it is a functional or sequential model that is built, so that Keras knows the calls of its layers.

    One of a class with a call of its own is none: what that call does beside the layers, Keras does not know.
    """
    # Keras 2 has no public name for it: a Sequential that is not built, and subclasses of Model, are Models too.
    if not isinstance(model, keras.Model) or not getattr(model, "_is_graph_network", False):
        return False
    return type(model).call.__module__.partition(".")[0] == "tf_keras"


def check_functional(model: Any, purpose: str) -> None:
    """Refuses anything but a functional or sequential model that is built.

    Args:
        model: what was given.
        purpose: what needs such a model, for the message.

    Raises:
        TypeError: naming what was given, and how it can be wrapped.
    """
    if isinstance(model, str):
        raise TypeError(
            f"model is {model!r}; {purpose} needs a functional or sequential keras.Model, no name: create_model({model!r}) first."
        )
    if not is_functional(model):
        raise TypeError(
            f"model is {model!r}; {purpose} needs a functional or sequential keras.Model (Keras 2) that is built, with the call "
            "that Keras gave it. A subclassed model can be wrapped: keras.Model(inputs, layers(inputs))."
        )


def read_layer_graph(model: Any) -> LayerGraph:
    """The calls of a functional or sequential model.

    Args:
        model: a built keras.Model; models inside it are inlined, shared layers appear once for each use.

    Raises:
        TypeError: if it is no such model.
    """
    check_functional(model, "reading its layers")
    numbers = itertools.count()
    calls: list[Call] = []
    inputs = tuple(next(numbers) for _ in model.inputs)
    outputs = tuple(_walk(model, inputs, calls, numbers))
    return LayerGraph(inputs, outputs, tuple(_named_by_use(calls)))


def resizes_nested_models(model: Any) -> bool:
    """Whether a model inside it is used on tensors of another size than it was made for, such as one of a free size."""
    for node in itertools.chain(*model._nodes_by_depth.values()):
        if not node.is_input and is_functional(node.layer):
            given, wanted = ([tuple(x.shape)[1:] for x in tensors] for tensors in (node.keras_inputs, node.layer.inputs))
            if given != wanted or resizes_nested_models(node.layer):
                return True
    return False


def _walk(model: Any, inputs: Sequence[int], calls: list[Call], numbers: Iterator[int], training: bool = False) -> list[int]:
    known = {str(id(tensor)): number for tensor, number in zip(model.inputs, inputs, strict=True)}
    for depth in sorted(model._nodes_by_depth, reverse=True):
        for node in model._nodes_by_depth[depth]:
            if node.is_input:
                continue
            taken = [known[key] for key in node.flat_input_ids]
            trains = _asked_to_train(node, training)
            if is_functional(node.layer):
                given = _walk(node.layer, taken, calls, numbers, trains)
            else:
                given = [next(numbers) for _ in node.flat_output_ids]
                calls.append(Call(node.layer, node.layer.name, tuple(taken), tuple(given), node, trains))
            known.update(zip(node.flat_output_ids, given, strict=True))
    return [known[str(id(tensor))] for tensor in model.outputs]


def _named_by_use(calls: Sequence[Call]) -> Iterator[Call]:
    uses: Counter[int] = Counter()
    for call in calls:
        uses[id(call.layer)] += 1
        use = uses[id(call.layer)]
        yield call if use == 1 else replace(call, name=f"{call.name}:{use}")


def _asked_to_train(node: Any, around: bool) -> bool:
    """Whether a call runs as in training: as it says itself, or else as the model around it was called."""
    try:
        asked = node.layer._call_spec.get_arg_value("training", node.call_args, node.call_kwargs, inputs_in_args=True)
    except KeyError:
        asked = None
    return around if asked is None else bool(asked)
