"""A Keras model built anew with some of its layers changed."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from bnn_zoo._error_words import first_line
from bnn_zoo._keras import Tensor, keras, tf
from bnn_zoo._layer_graph import Call, LayerGraph, check_functional, read_layer_graph, resizes_nested_models
from bnn_zoo.deploy.registered import UnsupportedLayerError

#: The functions that a layer may be given. Its config has no more than their names, which may mean something else, or nothing.
_FUNCTIONS = ("activation", "input_quantizer", "kernel_quantizer", "depthwise_quantizer", "pointwise_quantizer")


class Copies:
    """The new model's layers, one for each old one and set of changes.

    Args:
        dtype: what they compute in where the old ones compute in floating numbers; None for what the old ones do.
    """

    def __init__(self, dtype: str | None = None) -> None:
        self._dtype = dtype
        self._layers: dict[tuple[Any, ...], Any] = {}

    def has(self, call: Call) -> bool:
        """Whether there is an unchanged copy of the call's layer already."""
        return (id(call.layer),) in self._layers

    def of(self, call: Call, **changes: Any) -> Any:
        """A layer like that of the call; its weights are those of the old one as soon as it has been used.

        Raises:
            UnsupportedLayerError: if it cannot be made from its config.
        """
        key = (id(call.layer), *sorted((name, repr(value)) for name, value in changes.items()))
        if key not in self._layers:
            try:
                self._layers[key] = type(call.layer).from_config({**_config(call.layer, self._dtype), **changes})
            except Exception as error:  # of Keras, or of a user's own class
                reason = error.__context__ or error  # Keras puts the whole config before it
                raise UnsupportedLayerError(
                    f"{call} cannot be copied ({type(reason).__name__}: {first_line(reason)}). A layer class of your own needs a "
                    "get_config with all its arguments; other classes and functions that a layer is given, such as a constraint, "
                    "must be known to Keras by their names (keras.utils.register_keras_serializable)."
                ) from error
        return self._layers[key]


def _config(layer: Any, dtype: str | None) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras warns of a lambda, which is not read from the config
        config = dict(layer.get_config())
    if "dtype" in config:
        config["dtype"] = _in_place_of(layer.compute_dtype, dtype) or config["dtype"]
    for name in _FUNCTIONS:
        function = getattr(layer, name, None)
        if name in config and callable(function):
            # A quantizer is a layer, which may have weights; other functions can be those of both models.
            copied = isinstance(function, keras.layers.Layer)
            config[name] = type(function).from_config(_config(function, dtype)) if copied else function
    return config


def _in_place_of(old: Any, dtype: str | None) -> str | None:
    """The other dtype for floating numbers; None for all else, and where there is no other."""
    return dtype if dtype is not None and old is not None and tf.as_dtype(old).is_floating else None


class _Names:
    """The names of the new model's layers, which Keras wants to be different.

    Args:
        kept: the old model's: no layer whose name is taken gets one of them.
        inputs: of the new model.
    """

    def __init__(self, kept: set[str], inputs: Sequence[Tensor]) -> None:
        self._kept = kept
        self._layers: dict[str, Any] = {}
        self._nodes: set[int] = set()
        self.make_unique(inputs)

    def make_unique(self, tensors: Sequence[Tensor]) -> None:
        """Gives a name of its own to each layer that these tensors were made by, and to those before them."""
        waiting = list(tensors)
        while waiting:
            node = waiting.pop().node
            if id(node) not in self._nodes:
                self._nodes.add(id(node))
                node.layer._name = self._free(node.layer)
                waiting += node.keras_inputs

    def _free(self, layer: Any) -> str:
        name, number = layer.name, 0
        while (number and name in self._kept) or self._layers.setdefault(name, layer) is not layer:
            number += 1
            name = f"{layer.name}_{number}"
        return name


def again(copies: Copies, call: Call, tensors: list[Tensor]) -> Tensor:
    """The call as it was, on new tensors, with the same weights."""
    fresh = not copies.has(call)  # what the layer says of itself is no answer: one may be built as soon as it is made
    layer = copies.of(call)
    arguments, named = call.arguments(tensors)
    if call.training and layer._expects_training_arg:  # a model around it may have said so
        arguments, named = layer._call_spec.set_arg_value("training", True, arguments, named, inputs_in_args=True)
    result = layer(*arguments, **named)
    if fresh and call.layer.weights:
        layer.set_weights(call.layer.get_weights())
    return result


def rebuild(model: Any, emit: Callable[[LayerGraph, Copies, Call, list[Tensor]], Tensor], *, dtype: str | None = None) -> Any:
    """Builds a model anew.

    Args:
        model: a functional or sequential keras.Model.
        emit: (graph, copies, call, new input tensors) to the call's new output tensor.
        dtype: of inputs and copied layers, in place of other floating numbers; None to keep what they have.

    Returns:
        A functional keras.Model of the same name, its inputs and outputs in the same lists or dictionaries, nested models inlined.
        Layers keep their names; where several have one, which layers of different nested models may, those after the first get a
        number.
    """
    graph = read_layer_graph(model)
    inputs = [
        keras.Input(batch_shape=old.shape, dtype=_in_place_of(old.dtype, dtype) or old.dtype, name=old.name) for old in model.inputs
    ]
    tensors = dict(zip(graph.inputs, inputs, strict=True))
    copies, names = Copies(dtype), _Names({call.layer.name for call in graph.calls}, inputs)
    for call in graph.calls:
        result = emit(graph, copies, call, [tensors[tensor] for tensor in call.inputs])
        results = result if isinstance(result, (list, tuple)) else [result]
        names.make_unique(results)
        tensors.update(zip(call.outputs, results, strict=True))
    outputs = [tensors[tensor] for tensor in graph.outputs]
    packed = (tf.nest.pack_sequence_as(*pair) for pair in ((model.input, inputs), (model.output, outputs)))
    return keras.Model(*packed, name=model.name)


def sized_as_used(model: Any) -> Any:
    """A model whose layers all know the sizes that they are used at.

    Args:
        model: a functional or sequential keras.Model.

    Returns:
        The model itself; or the same built anew, if a model inside it is used on tensors of another size than it was made for.

    Raises:
        TypeError: if it is another kind of model.
        UnsupportedLayerError: if it must be built anew, and one of its layers cannot be.
    """
    check_functional(model, "reading its layers")
    if not resizes_nested_models(model):
        return model
    return rebuild(model, lambda graph, copies, call, tensors: again(copies, call, tensors))
