"""Dropout that a run draws anew when it goes on: what it leaves out depends on the seed and the step, on nothing before them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bnn_zoo._keras import Tensor, keras, tf


@contextmanager
def drawn_by_step(network: keras.Model, step: Any, seed: int) -> Iterator[None]:
    """Lets the random layers of a network draw by the number of the step, as pictures are drawn.

    Keras lets them draw from a state that grows with every draw, in a place where no checkpoint can read it: a run that was stopped
    would begin again at its start. Neither the network's weights nor its configuration know of the change, and behind the context
    its layers draw as before. A layer that is called twice in a step draws the same twice.

    Args:
        network: is fitted inside.
        step: a variable, how many steps are done.
        seed: of the run.
    """
    # By what they hold, not by class: not only dropout draws.
    found = (getattr(layer, "_random_generator", None) for layer in network.submodules)
    generators = [generator for generator in found if generator is not None]
    for generator in generators:
        generator._maybe_init()
    kinds = [generator._rng_type for generator in generators]
    for index, generator in enumerate(generators):
        generator._rng_type = generator.RNG_STATELESS
        generator.make_seed_for_stateless_op = _seed_of_step(step, seed, index)
    try:
        yield
    finally:
        for generator, kind in zip(generators, kinds, strict=True):
            generator._rng_type = kind
            del generator.make_seed_for_stateless_op


def _seed_of_step(step: Any, seed: int, index: int) -> Callable[[], Tensor]:
    def make() -> Tensor:
        drawn = tf.stack([tf.constant(seed, tf.int64), tf.cast(step, tf.int64)])
        # Each layer, and each device's share of the batch, draws for itself.
        for number in (index, tf.distribute.get_replica_context().replica_id_in_sync_group):
            drawn = tf.random.experimental.stateless_fold_in(drawn, number)
        return drawn

    return make
