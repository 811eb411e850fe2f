"""Discriminative learning rates: a new head learns fast, what was trained before changes slowly."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, get_args

from bnn_zoo._keras import keras
from bnn_zoo.training.variables import binary_kernels, plain_name
from bnn_zoo.transfer.freezing import Cut, layers_in_order, place_of

#: A learning rate, or a schedule of Keras' (`keras.optimizers.schedules`).
Rate: TypeAlias = Any

Kind = Literal["adam", "sgd"]


def discriminative_optimizer(
    model: keras.Model,
    *,
    head: Rate = 1e-3,
    body: Rate = 1e-4,
    binary: Rate | None = None,
    until: Cut = "head",
    kind: Kind = "adam",
) -> Any:
    """An optimizer with a learning rate for the head, one for the body, and if wanted one for the body's binary kernels.

    It is a kind of larq's CaseOptimizer, which wants Keras' legacy optimizers. Each of them has its own learning rate and its own
    count of steps, so that schedules are given here; callbacks that set `model.optimizer.learning_rate` have nothing to set. A
    model that was compiled with it, saved and loaded again trains on with the same rates; of the moments and of the count of steps
    Keras keeps those of legacy optimizers in .h5 files only. In a new process these want
    `import bnn_zoo.transfer.grouped_optimizer` before, which makes Keras know the class.

    Args:
        model: the network that it will be compiled into, frozen already where it is to be: what is set free later has no rate.
        head: learning rate of the layers from `until` on.
        body: learning rate of the layers before, a tenth of the head's or less as a rule.
        binary: learning rate of the body's latent weights, those of kernels with one bit; that of the body if not given. Latent
            weights only change what a network computes when they change sign, so that they bear a higher rate.
        until: the first layer that counts as head, as in `freeze`.
        kind: "adam", or "sgd" with momentum 0.9.

    Returns:
        An optimizer for `model.compile`.

    Raises:
        TypeError: if `model` is no keras.Model.
        ValueError: if a rate is not above 0, `kind` is unknown, or there is nothing to train.

    Source: Universal Language Model Fine-tuning for Text Classification, Howard and Ruder, 2018, arXiv 1801.06146.
    """
    from bnn_zoo.transfer.grouped_optimizer import GroupedOptimizer  # its class needs TensorFlow when defined

    if kind not in get_args(Kind):
        raise ValueError(f"kind is {kind!r}; it must be one of {', '.join(get_args(Kind))}.")
    for name, rate in (("head", head), ("body", body), ("binary", binary)):
        if isinstance(rate, (int, float)) and not rate > 0:
            raise ValueError(f"{name} is {rate!r}; a learning rate must be above 0; bnn_zoo.freeze keeps layers as they are.")
    if not model.trainable_variables:
        raise ValueError(f"{model.name} has nothing to train: all of it is frozen; bnn_zoo.unfreeze(model) makes it trainable.")
    layers = layers_in_order(model)
    cut = place_of(layers, until)
    groups = [(_variables(layers[cut:]), head)]
    if binary is not None:
        groups.append((binary_kernels(_variables(layers[:cut])), binary))
    # A head that is frozen, or a body without binary layers, needs no optimizer.
    groups = [(variables, rate) for variables, rate in groups if variables]
    group_of = {variable.ref(): index for index, (variables, _) in enumerate(groups) for variable in variables}
    optimizers = [_optimizer(kind, rate) for rate in (*(rate for _, rate in groups), body)]
    named = [(plain_name(variable), group_of.get(variable.ref(), len(groups))) for variable in model.trainable_variables]
    return GroupedOptimizer(optimizers, named)


def _optimizer(kind: Kind, rate: Rate) -> Any:
    legacy = keras.optimizers.legacy
    return legacy.Adam(rate) if kind == "adam" else legacy.SGD(rate, momentum=0.9)


def _variables(layers: list[tuple[str, Any]]) -> list[Any]:
    return [variable for _, layer in layers for variable in layer.trainable_variables]
