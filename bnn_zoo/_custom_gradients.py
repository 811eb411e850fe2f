"""Custom gradients live as long as their graph, and with them the weights that the graph holds.

A quantizer's pseudo-gradient is a `tf.custom_gradient`. In a graph TensorFlow enters it into a list of the whole process, under a
name of its own, and never takes it out. The entry holds the graph, and the graph holds the kernels: every binary network that was
ever built or traced would stay in memory in full, whatever its user deletes (90 MB for a Bi-Real Net 34). Here the graph keeps the
gradient and the list only points to it, so that both go when the network goes.
"""

from __future__ import annotations

import weakref
from typing import Any

_KEPT_BY = "_bnn_zoo_custom_gradients"


def keep_with_their_graphs() -> None:
    """Sees to it that entries made from now on end with their graph. Does nothing where TensorFlow's list looks different."""
    from tensorflow.python.framework import ops

    registry = getattr(ops, "gradient_registry", None)
    if type(registry).__name__ != "Registry" or not isinstance(getattr(registry, "_registry", None), dict):
        return

    class GraphOwnedRegistry(type(registry)):  # type: ignore[misc]
        """TensorFlow's list of gradients; those of `tf.custom_gradient` are held by their graphs."""

        __slots__ = ()

        def register(self, candidate: Any, name: str | None = None) -> None:
            if candidate is not None and name is not None and name.startswith("CustomGradient-"):
                graph = ops.get_default_graph()
                kept = getattr(graph, _KEPT_BY, [])
                setattr(graph, _KEPT_BY, kept)
                kept.append(candidate)
                candidate = _pointer(candidate, self._registry, name)
            super().register(candidate, name)

    registry.__class__ = GraphOwnedRegistry


def _pointer(gradient: Any, entries: dict[str, Any], name: str) -> Any:
    reference = weakref.ref(gradient, lambda _: entries.pop(name, None))

    def call(*arguments: Any) -> Any:
        alive = reference()
        if alive is None:
            raise LookupError(f"The graph to which {name} belongs is gone.")
        return alive(*arguments)

    return call
