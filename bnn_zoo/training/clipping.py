"""Gradients that are too large, made smaller before the optimizer sees them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from bnn_zoo._keras import Tensor, tf
from bnn_zoo.training.variables import plain_name

#: (gradient, variable), as a Keras optimizer hands them to its gradients' transformers, and takes them back.
Pairs: TypeAlias = Sequence[tuple[Tensor, Any]]
Clip: TypeAlias = Callable[[Pairs], Pairs]

#: No unit counts as smaller than this, so that one that begins at zero can move.
_SMALLEST = 1e-3


def clip_by_norm(limit: float) -> Clip:
    """Scales all gradients alike where their norm, taken over all of them, is above a limit.

    Args:
        limit: of the Euclidean norm.

    Source: On the difficulty of training recurrent neural networks, Pascanu et al., 2013, arXiv 1211.5063, algorithm 1.
    """

    def clip(pairs: Pairs) -> Pairs:
        gradients, variables = zip(*pairs, strict=True)
        clipped, _ = tf.clip_by_global_norm(gradients, limit)
        return list(zip(clipped, variables, strict=True))

    return clip


def clip_by_unit(share: float, without: frozenset[str]) -> Clip:
    """Scales a unit's gradient where its norm is above a share of the norm of the unit's weights.

    A unit is an output channel of a kernel, a channel's gain, or the whole of any other variable.

    Args:
        share: of the weights' norm.
        without: names of variables whose gradients are left as they are.

    Source: High-Performance Large-Scale Image Recognition Without Normalization, Brock et al., 2021, arXiv 2102.06171, section 4.1.
    """

    def clip(pairs: Pairs) -> Pairs:
        return [
            (gradient if plain_name(variable) in without else _clipped(gradient, variable, share), variable)
            for gradient, variable in pairs
        ]

    return clip


def _clipped(gradient: Tensor, variable: Any, share: float) -> Tensor:
    limit = share * tf.maximum(_norm(tf.convert_to_tensor(variable), variable), _SMALLEST)
    norm = _norm(gradient, variable)
    return tf.where(norm < limit, gradient, gradient * (limit / tf.maximum(norm, 1e-6)))


def _norm(values: Tensor, variable: Any) -> Tensor:
    name, axes = plain_name(variable), list(range(len(values.shape)))
    if name.endswith("depthwise_kernel"):
        axes = axes[:2]
    elif name.endswith("kernel"):
        axes = axes[:-1]
    elif name.endswith("gain"):
        axes = []
    return tf.sqrt(tf.reduce_sum(tf.square(values), axis=axes, keepdims=True))
