"""A Keras model built anew with some of its layers changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bnn_zoo._keras import Tensor, keras
from bnn_zoo.deploy.layer_graph import Call, LayerGraph, read_layer_graph


class Copies:
    """The new model's layers, one for each old one and set of changes."""

    def __init__(self) -> None:
        self._layers: dict[tuple[Any, ...], Any] = {}

    def of(self, call: Call, **changes: Any) -> Any:
        """A layer like that of the call; its weights are those of the old one as soon as it has been used."""
        key = (id(call.layer), *sorted((name, repr(value)) for name, value in changes.items()))
        if key not in self._layers:
            layer = call.layer
            self._layers[key] = (
                type(layer).from_config({**layer.get_config(), **changes}) if hasattr(layer, "get_config") else layer
            )
        return self._layers[key]


def again(copies: Copies, call: Call, tensors: list[Tensor]) -> Tensor:
    """The call as it was, on new tensors, with the same weights."""
    layer = copies.of(call)
    fresh = not layer.built
    arguments, named = call.node.map_arguments({key: [x] * 8 for key, x in zip(call.node.flat_input_ids, tensors, strict=True)})
    result = layer(*arguments, **named)
    if fresh and call.layer.weights:
        layer.set_weights(call.layer.get_weights())
    return result


def rebuild(model: Any, emit: Callable[[LayerGraph, Copies, Call, list[Tensor]], Tensor]) -> Any:
    """Builds a model anew.

    Args:
        model: a functional or sequential keras.Model.
        emit: (graph, copies, call, new input tensors) to the call's new output tensor.

    Returns:
        A functional keras.Model of the same name, nested models inlined.
    """
    graph = read_layer_graph(model)
    inputs = [keras.Input(batch_shape=old.shape, dtype=old.dtype, name=old.name) for old in model.inputs]
    tensors = dict(zip(graph.inputs, inputs, strict=True))
    copies = Copies()
    for call in graph.calls:
        result = emit(graph, copies, call, [tensors[tensor] for tensor in call.inputs])
        tensors.update(zip(call.outputs, result if isinstance(result, (list, tuple)) else [result], strict=True))
    outputs = [tensors[tensor] for tensor in graph.outputs]
    single_in, single_out = len(inputs) == 1, len(outputs) == 1
    return keras.Model(inputs[0] if single_in else inputs, outputs[0] if single_out else outputs, name=model.name)
