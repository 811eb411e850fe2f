"""The loop that runs a recipe: keras fit, with a log, checkpoints and a way back after a stop."""

from __future__ import annotations

import dataclasses
import json
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bnn_zoo._keras import keras
from bnn_zoo.data.datasets import split_off
from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.data.preprocessing import Preprocessing
from bnn_zoo.training.checkpoints import restore_checkpoint
from bnn_zoo.training.pipeline import evaluation_batches, make_optimizer, steps_per_epoch, training_batches
from bnn_zoo.training.progress import progress_callback
from bnn_zoo.training.recipe import Recipe
from bnn_zoo.training.records import recording_callback, write_whole

#: The weights of the last epoch: there once a run is finished.
LAST = "last.weights.h5"

# One for all recipes: what one of them was trained on must not be what a later one, that goes on from its weights, is scored on.
_HELD_OUT_SEED = 1


def train(
    build: Callable[[], keras.Model],
    recipe: Recipe,
    dataset: ImageDataset,
    preprocessing: Preprocessing,
    out: str | os.PathLike[str],
    *,
    start_from: str | os.PathLike[str] | None = None,
    checkpoint_seconds: float = 300.0,
    callbacks: tuple[Any, ...] = (),
) -> keras.Model:
    """Trains a network as a recipe says.

    A run that was stopped, in whatever way, goes on from its last checkpoint when it is started again with the same `out`, and
    ends with the weights that it would have had without the stop. A finished run is only loaded.

    Args:
        build: makes the network; called under the recipe's precision and seed.
        recipe: how.
        dataset: the training pictures; `recipe.held_out` of them are kept back and scored after each epoch.
        preprocessing: mean and standard deviation that the network will be used with.
        out: folder for recipe.json, log.csv, checkpoints, last.weights.h5 and best.weights.h5 (best on the held-out pictures).
        start_from: a Keras .h5 weights file to begin with; needed where the recipe comes `after` another.
        checkpoint_seconds: between two checkpoints inside an epoch; another one follows every epoch.
        callbacks: further Keras callbacks.

    Returns:
        The trained network, with the last epoch's weights.

    Raises:
        ValueError: if `out` holds a run of another recipe, or the data do not fit.
        OSError: if the results cannot be written, because the disk is full for example; the last checkpoint stays whole.
    """
    if recipe.after and start_from is None:
        raise ValueError(f"{recipe.name} goes on from the weights of {recipe.after}: give that run's {LAST} as start_from.")
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    _claim(folder / "recipe.json", recipe)
    held_out = None
    if recipe.held_out:
        dataset, held_out = split_off(dataset, recipe.held_out, _HELD_OUT_SEED)
    steps = steps_per_epoch(dataset, recipe)
    keras.utils.set_random_seed(recipe.seed)
    with _precision(recipe.precision):
        model = build()
        if (folder / LAST).exists():
            model.load_weights(str(folder / LAST))
            return model
        if start_from is not None:
            model.load_weights(str(start_from))
        model.compile(make_optimizer(recipe, recipe.epochs * steps), "categorical_crossentropy", metrics=["accuracy"])
        start, damaged = restore_checkpoint(folder / "checkpoints", model)
        for path in damaged:
            warnings.warn(f"the checkpoint {path} is damaged and was passed over.", stacklevel=2)
        shown = [
            recording_callback(folder, start, steps, checkpoint_seconds),
            progress_callback(recipe.epochs, steps, recipe.batch_size),
            *callbacks,
        ]
        # Keras counts steps from the start of an epoch: one that was begun is finished by a call of its own.
        first, done = divmod(start.step, steps)
        parts = [(first, first + 1, done), (first + 1, recipe.epochs, 0)] if done else [(first, recipe.epochs, 0)]
        for begin, end, skipped in parts:
            model.fit(
                training_batches(dataset, recipe, preprocessing, begin * steps + skipped),
                steps_per_epoch=steps - skipped,
                initial_epoch=begin,
                epochs=end,
                validation_data=None if held_out is None else evaluation_batches(held_out, preprocessing),
                verbose=0,
                callbacks=shown,
            )
    # The name says that the run is finished: it must not stand for half a file.
    write_whole(folder / LAST, lambda part: model.save_weights(str(part)))
    return model


def _claim(path: Path, recipe: Recipe) -> None:
    text = json.dumps(dataclasses.asdict(recipe), indent=2)
    if path.exists() and path.read_text() != text:
        raise ValueError(f"{path.parent} holds a run of another recipe; choose an empty folder or remove it.")
    path.write_text(text)


@contextmanager
def _precision(policy: str) -> Iterator[None]:
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(policy)
    try:
        yield
    finally:
        keras.mixed_precision.set_global_policy(before)
