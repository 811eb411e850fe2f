"""Another number of classes: a network with a new head on what it has learned."""

from __future__ import annotations

import dataclasses
from typing import Any

from bnn_zoo._argument_checks import check_num_classes
from bnn_zoo._error_words import in_one_line
from bnn_zoo._keras import keras
from bnn_zoo._layer_graph import check_functional, read_layer_graph
from bnn_zoo.hub.attached import attach_weight_set, weight_set_of
from bnn_zoo.hub.variables import HEAD, TOP, named_variables, put_weights, weights_of
from bnn_zoo.models import find_architecture
from bnn_zoo.models.build import Record, build_model, record_of
from bnn_zoo.training.precision import computing_in
from bnn_zoo.transfer.freezing import train_all

#: Where layers keep how many channels they give.
_SIZE_FIELDS = ("units", "filters")


def replace_head(model: keras.Model, num_classes: int, *, head: str = HEAD.rstrip("_")) -> keras.Model:
    """The same network with a new head, as random as that of a new network; all other weights are copied.

    The head are the layers that depend on the number of classes. In a network of the zoo, or one that ends in `blocks.head`, their
    names begin with `head_`. A network of the zoo without top gets all of its top, with random weights.

    Args:
        model: a network of the zoo, or another functional or sequential keras.Model with one output. It stays as it is.
        num_classes: of the new probabilities; the same number as before is fine, the head is new all the same.
        head: the name of the head's one layer, or what the names of its layers begin with (`name=` of `blocks.head`).

    Returns:
        A new keras.Model to (batch, num_classes), or (batch, height, width, num_classes) of a network for segmentation, in the
        precision of `model` and all of it trainable, whatever was frozen. Preprocessing is as before; class names and accuracies,
        which the new head does not have, are not carried over.

    Raises:
        TypeError: if `model` is no functional or sequential keras.Model.
        ValueError: if `num_classes` is no number of classes, the head is not found, or the network cannot be copied.
    """
    check_functional(model, "a new head")
    check_num_classes(num_classes)
    num_classes = int(num_classes)
    record = record_of(model)
    if record is not None and record.num_classes is None:
        heads: list[str] = []
    else:
        heads = [layer.name for layer in _head_of(model, head)]
    new = _with_resized_layers(model, heads, num_classes) if record is None else _built_again(model, record, num_classes)
    weights = weights_of(model, keep_latent=True)
    missing = {name.partition("/")[0] for name in named_variables(new) if name not in weights and name.startswith(TOP)}
    put_weights(new, weights, model.name, leave_out={*heads, *missing})
    known = weight_set_of(model)
    if known is not None:
        attach_weight_set(new, dataclasses.replace(known, labels=None, metrics=()))
    return new


def _head_of(model: keras.Model, head: str) -> list[Any]:
    exact = [layer for layer in model.layers if layer.name == head]
    found = exact or [layer for layer in model.layers if layer.name.startswith(f"{head}_")]
    with_weights = [layer for layer in found if layer.weights]
    if not with_weights:
        raise ValueError(
            f"head is {head!r}, but no layer with weights in {model.name} has that name, or one that begins with {head}_; its last "
            f"layers are {', '.join(layer.name for layer in model.layers[-5:])}. Give the name of the one that ends in classes; a "
            "network of features gets a head with keras.Model(model.input, blocks.head(model.output, num_classes))."
        )
    return with_weights


def _built_again(model: keras.Model, record: Record, num_classes: int) -> keras.Model:
    # The first layer with weights has the policy that all were made under; later ones, as softmax, may be in float32 regardless.
    policy = next(layer.dtype_policy.name for layer in model.layers if layer.weights)
    with computing_in(policy):
        return build_model(
            find_architecture(record.architecture),
            input_shape=record.input_shape,
            num_classes=num_classes,
            arguments=dict(record.arguments),
            name=model.name,
        )


def _with_resized_layers(model: keras.Model, heads: list[str], num_classes: int) -> keras.Model:
    before = model.output_shape[-1]
    last = _last_sized_layers(model)
    sizes = {name: _size_field(model.get_layer(name), before) for name in heads if name in last}
    if not any(sizes.values()):
        raise ValueError(
            f"none of {', '.join(heads)} has as many units or filters as {model.name} has outputs ({model.output_shape}): it "
            "is not known which of them depends on the number of classes; name that layer with head=."
        )

    def copy(layer: Any) -> Any:
        field = sizes.get(layer.name)
        return type(layer).from_config({**layer.get_config(), **({field: num_classes} if field else {})})

    try:
        new = keras.models.clone_model(model, clone_function=copy)
    except Exception as error:  # Keras raises whatever its constructors raise
        raise ValueError(
            f"Keras cannot copy {model.name} ({in_one_line(error, 200)}); give quantizers, constraints and layers of your own by "
            "registered names, or build the network anew with the other number of classes."
        ) from error
    train_all(new)
    return new


def _size_field(layer: Any, size: int) -> str | None:
    return next((field for field in _SIZE_FIELDS if getattr(layer, field, None) == size), None)


def _last_sized_layers(model: keras.Model) -> set[str]:
    """The layers that say how many channels the output has: on each path to it the last with a number of units or filters."""
    graph = read_layer_graph(model)
    waiting, found = set(graph.outputs), set()
    for call in reversed(graph.calls):
        if waiting.isdisjoint(call.outputs):
            continue
        if any(hasattr(call.layer, field) for field in _SIZE_FIELDS):
            found.add(call.layer.name)
        else:
            waiting.update(call.inputs)
    return found
