"""The loop that runs a recipe: keras fit, with a log, checkpoints and a way back after a stop."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bnn_zoo._keras import keras
from bnn_zoo.data.datasets import split_off
from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.data.preprocessing import Preprocessing
from bnn_zoo.training.pipeline import evaluation_batches, make_optimizer, training_batches
from bnn_zoo.training.recipe import Recipe

#: The weights of the last epoch: there once a run is finished.
LAST = "last.weights.h5"


def train(
    build: Callable[[], keras.Model],
    recipe: Recipe,
    dataset: ImageDataset,
    preprocessing: Preprocessing,
    out: str | os.PathLike[str],
    callbacks: tuple[Any, ...] = (),
) -> keras.Model:
    """Trains a network as a recipe says.

    A run that was stopped goes on from its last finished epoch when it is started again with the same `out`; a finished one is
    only loaded.

    Args:
        build: makes the network; called under the recipe's precision.
        recipe: how.
        dataset: the training pictures; `recipe.held_out` of them are kept back and scored after each epoch.
        preprocessing: mean and standard deviation that the network will be used with.
        out: folder for recipe.json, log.csv, last.weights.h5 and best.weights.h5 (best on the held-out pictures).
        callbacks: further Keras callbacks.

    Returns:
        The trained network, with the last epoch's weights.

    Raises:
        ValueError: if `out` holds a run of another recipe, or the data do not fit.
    """
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    _claim(folder / "recipe.json", recipe)
    if recipe.held_out:
        dataset, held_out = split_off(dataset, recipe.held_out, recipe.seed)
        validation = evaluation_batches(held_out, preprocessing)
        watched = "val_accuracy"
    else:
        validation, watched = None, "accuracy"
    keras.utils.set_random_seed(recipe.seed)
    batches = training_batches(dataset, recipe, preprocessing)
    with _precision(recipe.precision):
        model = build()
        if (folder / LAST).exists():
            model.load_weights(str(folder / LAST))
            return model
        model.compile(make_optimizer(recipe, recipe.epochs * len(batches)), "categorical_crossentropy", metrics=["accuracy"])
        model.fit(
            batches,
            epochs=recipe.epochs,
            validation_data=validation,
            verbose=2,
            callbacks=[
                keras.callbacks.BackupAndRestore(str(folder / "backup")),
                keras.callbacks.CSVLogger(str(folder / "log.csv"), append=True),
                keras.callbacks.ModelCheckpoint(
                    str(folder / "best.weights.h5"), monitor=watched, save_best_only=True, save_weights_only=True
                ),
                *callbacks,
            ],
        )
    # The name says that the run is finished: it must not stand for half a file.
    part = folder / f"part.{LAST}"
    model.save_weights(str(part))
    os.replace(part, folder / LAST)
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
