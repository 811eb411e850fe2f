"""The learning rate over the steps of a run."""

from __future__ import annotations

import math
from typing import Any

from bnn_zoo._keras import Tensor, keras, tf
from bnn_zoo.training.recipe import Recipe


def make_schedule(recipe: Recipe, steps: int, *, real: bool = False) -> Any:
    """The learning rate as a Keras schedule.

    Args:
        recipe: without stages.
        steps: of an epoch.
        real: that of the weights that are no binary kernels, where a recipe has two.

    Returns:
        A schedule: rising over the warm-up, then as the recipe says.
    """
    highest = recipe.real_learning_rate if real else recipe.learning_rate
    kind = recipe.real_schedule if real and recipe.real_schedule != "same" else recipe.schedule
    warmup, total = recipe.warmup_epochs * steps, recipe.epochs * steps
    bounds = [epoch * steps for epoch, _ in recipe.rate_steps]
    shares = [1.0, *(share for _, share in recipe.rate_steps)]

    class Rate(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step: Tensor) -> Tensor:
            done = tf.cast(step, tf.float32)
            rising = tf.minimum((done + 1.0) / warmup, 1.0) if warmup else 1.0
            progress = tf.clip_by_value((done - warmup) / (total - warmup), 0.0, 1.0)
            if kind == "cosine":
                share = 0.5 * (1.0 + tf.cos(math.pi * progress))
            elif kind == "linear":
                share = 1.0 - progress
            elif kind == "steps":
                share = tf.gather(shares, tf.searchsorted(tf.constant(bounds, tf.float32), done[None], side="right"))[0]
            else:
                share = tf.constant(1.0)
            return highest * rising * share

        def get_config(self) -> dict[str, Any]:
            return {"highest": highest, "kind": kind, "warmup": warmup, "total": total, "bounds": bounds, "shares": shares}

    return Rate()
