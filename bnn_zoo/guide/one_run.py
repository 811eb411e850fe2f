"""One run: a variant trained and scored."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import numpy as np

from bnn_zoo._keras import keras
from bnn_zoo.comparison.figures import count
from bnn_zoo.data import load_dataset, split_names, split_off
from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.data.preprocessing_settings import CIFAR10
from bnn_zoo.guide.budget import Budget, recipe_of
from bnn_zoo.guide.finished import Job, write_finished
from bnn_zoo.guide.network import build_network
from bnn_zoo.guide.results import Run
from bnn_zoo.training.loop import train
from bnn_zoo.training.pipeline import evaluation_batches
from bnn_zoo.training.run_log import LOG, last_epoch

#: What is trained on ("training"), and what is scored on ("held_out", "test").
Pictures: TypeAlias = Mapping[str, ImageDataset]

# Of the draw of pictures: one for all runs, whose own seeds decide on weights and order.
_DRAW = 1


def load_pictures(data: str | os.PathLike[str], budget: Budget) -> Pictures:
    """Reads the pictures and draws those that all runs are trained on.

    Args:
        data: what `load_dataset` takes, with the splits "train" and "test".
        budget: says how many.

    Raises:
        ValueError: if there are too few, or not these splits.
    """
    check_splits(data)
    found = load_dataset(data, "train")
    if budget.held_out >= len(found):
        raise ValueError(
            f"held_out is {budget.held_out}, but {data} has only {len(found)} training pictures; hold out fewer (--held-out)."
        )
    rest, held_out = split_off(found, budget.held_out, _DRAW)
    if len(rest) < budget.pictures:
        raise ValueError(
            f"pictures is {budget.pictures}, but {data} has only {len(rest)} beside the {budget.held_out} held out; take fewer "
            "(--pictures)."
        )
    training = rest if len(rest) == budget.pictures else split_off(rest, budget.pictures, _DRAW)[1]
    return {"training": training, "held_out": held_out, "test": load_dataset(data, "test")}


def check_splits(data: str | os.PathLike[str]) -> None:
    """Whether there is a split to train on and one to score on, without a download.

    Raises:
        ValueError: if not; or as `split_names`.
        OSError, ImportError: as `split_names`.
    """
    splits = split_names(data)
    if not {"train", "test"} <= set(splits):
        there = f"the splits {', '.join(map(repr, splits))}" if splits else "classes only"
        raise ValueError(f"the experiments train on a split 'train' and score on a split 'test'; source {str(data)!r} has {there}.")


def do_run(folder: Path, job: Job, budget: Budget, pictures: Pictures) -> Run:
    """Trains and scores a network, and writes down that it is finished.

    A run that was stopped goes on from its last checkpoint.

    Args:
        folder: of all runs.
        job: which one.
        budget: of all runs.
        pictures: of all runs.
    """
    keras.backend.clear_session()
    training, scored = pictures["training"], pictures[job.scored_on]

    def build() -> keras.Model:
        return build_network(job.variant, (*CIFAR10.input_size, 3), len(training.class_names))

    unfinished = folder / "unfinished" / job.name
    model = train(build, recipe_of(job.variant, job.settings, job.seed, budget), training, CIFAR10, unfinished, strategy="one")
    right = model.predict(evaluation_batches(scored, CIFAR10), verbose=0).argmax(axis=1) == scored.labels
    last = last_epoch(unfinished / LOG, budget.epochs)
    figures = count(model)
    run = Run(
        variant=job.variant.name,
        seed=job.seed,
        settings=dict(job.settings),
        scored_on=job.scored_on,
        accuracy=round(100 * float(np.mean(right)), 2),
        training_accuracy=round(100 * float(last["accuracy"]), 2),
        training_loss=round(float(last["loss"]), 4),
        parameters=figures.parameters,
        parameters_1bit=figures.parameters_1bit,
        size_mib=figures.size_mib,
        macs_binary=figures.macs_binary,
        macs_real=figures.macs_real,
    )
    write_finished(folder, job, run)
    shutil.rmtree(unfinished)
    return run
