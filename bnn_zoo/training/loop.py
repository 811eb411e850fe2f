"""The loop that runs a recipe: keras fit, stage after stage, with a log, checkpoints and a way back after a stop."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from bnn_zoo._caller import warn_caller
from bnn_zoo._keras import keras, tf
from bnn_zoo._user_path import user_path
from bnn_zoo.data.preprocessing_settings import Preprocessing
from bnn_zoo.data.splits import split_off
from bnn_zoo.hub.hashing import file_sha256
from bnn_zoo.training.at_work import alone_in
from bnn_zoo.training.claim import claim_folder
from bnn_zoo.training.cooling import unfinished_cooling
from bnn_zoo.training.named_weights import hashes
from bnn_zoo.training.pipeline import Dataset, picture_errors
from bnn_zoo.training.recipe import Recipe, naming, recipe_of
from bnn_zoo.training.run import CLAIM, DATA, WEIGHT_SETS, Run
from bnn_zoo.training.stage_run import check_networks, check_targets, run_stage
from bnn_zoo.training.strategy import check_batch_size, check_same_settings, explain_lost_worker, is_chief, make_strategy

# One for all recipes: what one of them was trained on must not be what another is scored on.
_HELD_OUT_SEED = 1


def train(
    build: Callable[[], keras.Model],
    recipe: Recipe,
    dataset: Dataset,
    preprocessing: Preprocessing,
    out: str | os.PathLike[str],
    *,
    start_from: str | os.PathLike[str] | None = None,
    strategy: Any = "auto",
    tensorboard: bool = False,
    checkpoint_seconds: float = 300.0,
    callbacks: tuple[Any, ...] = (),
) -> keras.Model:
    """Trains a network as a recipe says.

    A run that was stopped, in whatever way, goes on from its last checkpoint when it is started again with the same `out`, and
    ends with the weights that it would have had without the stop. A finished run, or stage, is only loaded.

    log.csv has a row an epoch. `loss` is what was minimised, over the epoch: where a stage has a teacher, a label_weight or l2, it
    is more than the cross-entropy with the labels, which `val_loss` always is, and is not to be compared with it. (In the logs of
    earlier versions it is the cross-entropy there too; a run that was begun by one goes on in the same column.)

    Args:
        build: makes the network; called under the recipe's precision and seed.
        recipe: how.
        dataset: the training pictures; `recipe.held_out` of them are kept back and scored after each epoch.
        preprocessing: mean and standard deviation that the network will be used with.
        out: folder for recipe.json, data.json, log.csv, checkpoints, last.weights.h5 and best.weights.h5 (best on the held-out
            pictures; on the training pictures, as they were seen, if none are held out), and STAGE.weights.h5 of the stages
            before the last. What a stage leaves has its SHA-256 beside it, in NAME.weights.h5.sha256, and is checked before it is
            used. With several machines the same folder for all; one of them writes.
        start_from: a Keras .h5 weights file to begin with; not where the first stage says itself where it starts.
        strategy: a name as `make_strategy` takes it, or a tf.distribute strategy.
        tensorboard: writes the log for TensorBoard too, into the folder tensorboard.
        checkpoint_seconds: between two checkpoints inside an epoch; another one follows every epoch.
        callbacks: further Keras callbacks.

    Returns:
        The trained network, with the last epoch's weights.

    Raises:
        ValueError: if `out` holds a run of another recipe, network or data, or one that another process is at work on; or there are
            too few pictures or classes, or a batch cannot be shared out among the devices; or the loss is no number any more.
        OSError: if the results cannot be written, because the disk is full for example (the last checkpoint stays whole), or what
            a finished stage left is damaged.
        ConnectionError: if another machine of the run stops.
    """
    strategy = make_strategy(strategy) if isinstance(strategy, str) else strategy
    if tf.config.list_physical_devices("GPU"):
        tf.config.experimental.enable_op_determinism()  # a CPU's operations give the same results as it is
    folder = user_path(out)
    pictures, held_out = len(dataset), None
    if recipe.held_out:
        check_held_out(recipe, dataset)
        dataset, held_out = split_off(dataset, recipe.held_out, _HELD_OUT_SEED)
    run = Run(
        build=build,
        recipe=recipe,
        dataset=dataset,
        held_out=held_out,
        preprocessing=preprocessing,
        folder=folder,
        start_from=None if start_from is None else user_path(start_from),
        strategy=strategy,
        checkpoint_seconds=checkpoint_seconds,
        tensorboard=tensorboard,
        callbacks=tuple(callbacks),
    )
    # What cannot be run is said before the folder is claimed, and before a first stage of days.
    check_classes(dataset)
    for stage in run.stages:
        with naming(stage):
            run.steps(stage)
            check_targets(run, stage)
            check_batch_size(strategy, recipe_of(recipe, stage).batch_size)
        if not run.weights(stage).exists() and (told := unfinished_cooling(stage)):
            warn_caller(told)
    first = run.stages[0]
    if start_from is not None and first.start:
        raise ValueError(f"start_from is {start_from!r:.300}, and stage {first.name!r} starts from {first.start!r}; leave one out.")
    fed = _fed(run, pictures)
    if not (folder / CLAIM).exists():
        check_networks(run)
    folder.mkdir(parents=True, exist_ok=True)
    with alone_in(folder) if is_chief(strategy) else nullcontext():
        # Before the folder is looked at: a machine that stopped alone would be waited for by the others.
        with explain_lost_worker(strategy):
            check_same_settings(strategy, [recipe, fed])
        claim = functools.partial(claim_folder, write=is_chief(strategy))
        claim(folder / CLAIM, recipe, "a run of another recipe")
        claim(folder / DATA, fed, "a run on other data")
        with explain_lost_worker(strategy), picture_errors(run.dataset, run.held_out):
            return _run_stages(run)


def check_classes(dataset: Dataset) -> None:
    """Refuses pictures of less than two classes.

    Raises:
        ValueError: saying so.
    """
    if len(dataset.class_names) < 2:
        raise ValueError(f"the pictures are of {len(dataset.class_names)} class; a network learns to tell two or more apart.")


def check_held_out(recipe: Recipe, dataset: Dataset) -> None:
    """Refuses to hold out as many pictures as there are.

    Raises:
        ValueError: with both numbers.
    """
    if recipe.held_out >= len(dataset):
        raise ValueError(f"held_out is {recipe.held_out}, but there are only {len(dataset)} pictures; hold out fewer, or none.")


def _fed(run: Run, pictures: int) -> dict[str, Any]:
    """What the network learns from, beside the recipe."""
    start = None if run.start_from is None else file_sha256(run.start_from)
    classes = list(run.dataset.class_names)
    fed = {"class_names": classes, "pictures": pictures, "preprocessing": run.preprocessing.to_dict(), "start_from": start}
    weight_sets = hashes(run)
    return {**fed, WEIGHT_SETS: weight_sets} if weight_sets else fed


def _run_stages(run: Run) -> keras.Model:
    for stage in run.stages:
        network = run_stage(run, stage)
    return network
