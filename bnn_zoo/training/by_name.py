"""From names to a weight set: network, recipe and data are opened, the run is made, its result is saved."""

from __future__ import annotations

import dataclasses
import os
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bnn_zoo._keras import keras
from bnn_zoo._user_path import user_path
from bnn_zoo.data.datasets import default_name, open_dataset, training_split
from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.data.streamed_dataset import OnBad
from bnn_zoo.data.tfds_masks import open_masks
from bnn_zoo.inference import preprocessing_of
from bnn_zoo.models import find_architecture
from bnn_zoo.training.choices import PrecisionChoice, XlaChoice
from bnn_zoo.training.loop import check_classes, check_held_out, train
from bnn_zoo.training.overrides import kept_by_stages, override
from bnn_zoo.training.pipeline import Dataset
from bnn_zoo.training.probe import settle
from bnn_zoo.training.recipe import Recipe, acting
from bnn_zoo.training.recipes import find_recipe
from bnn_zoo.training.result_folder import RESULT, check_result_folder
from bnn_zoo.training.strategy import is_chief, make_strategy
from bnn_zoo.training.weight_set import save_run
from bnn_zoo.zoo import create_model


@dataclasses.dataclass(frozen=True)
class TrainingOptions:
    """How a run is made, beside its recipe.

    Args:
        split: of the data, as `training_split` takes it; if not given "train", where there is one.
        size: height and width to train at, pixels; if not given those of the pictures where all are of one size, else the
            network's usual ones.
        on_bad: "stop" at a picture that cannot be read, or "skip" it.
        strategy: a name as `make_strategy` takes it, or a tf.distribute strategy.
        precision: "recipe" for what it says, "auto" for what is measured to be faster, or one by name.
        xla: "recipe", "auto", "on" or "off".
        tensorboard: writes the log for TensorBoard too.
        dataset_name: what the card calls the data; see `default_name` for what it is called if not given.
        license: SPDX identifier of the weights' licence, for the card.
    """

    split: str | None = None
    size: int | None = None
    on_bad: OnBad = "stop"
    strategy: Any = "auto"
    precision: PrecisionChoice = "recipe"
    xla: XlaChoice = "recipe"
    tensorboard: bool = False
    dataset_name: str | None = None
    license: str | None = None


def train_by_name(
    network: str,
    recipe: str | None,
    data: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    settings: dict[str, str] | None = None,
    options: TrainingOptions | None = None,
    say: Callable[[str], object] = print,
) -> Path | None:
    """Trains a network of the zoo by a recipe of the zoo, and saves the weight set.

    Args:
        network: its name.
        recipe: its name; `NETWORK.cifar10` if None.
        data: what `open_dataset` takes; for a network that gives the classes of pixels what `open_masks` takes.
        out: the run's folder, as `train` takes it; the weight set lies in it, in `model`.
        settings: fields of the recipe to change, see `override`.
        options: the rest.
        say: is told, line by line, what was measured, what was skipped, and which stages keep values of their own.

    Returns:
        The weight set's folder; None on a machine that does not write.

    Raises:
        ValueError, OSError, ConnectionError: as `train`; a ValueError too if `out` holds runs of `bnn-zoo finetune`.
    """
    options = options or TrainingOptions()
    check_result_folder(user_path(out), "train")
    entry, chosen = find_architecture(network), chosen_recipe(network, recipe, settings or {})
    for line in kept_by_stages(chosen, settings or {}):
        say(line)
    strategy = make_strategy(options.strategy) if isinstance(options.strategy, str) else options.strategy
    if strategy.cluster_resolver is not None and "auto" in (options.precision, options.xla):
        raise ValueError(
            'several machines must compute alike, which each would measure by itself; set precision and xla, not "auto".'
        )
    split = training_split(data, options.split)
    dataset: Dataset
    if entry.per_pixel:
        dataset = open_masks(os.fspath(data), split)
    else:
        dataset = open_dataset(data, split, on_bad=options.on_bad)
    check_classes(dataset)
    check_held_out(chosen, dataset)
    shape = (options.size, options.size, 3) if options.size else None
    if shape is None and isinstance(dataset, ImageDataset):
        _, *sides = dataset.images.shape
        shape = (sides[0], sides[1], sides[2])

    def build() -> keras.Model:
        return create_model(network, input_shape=shape, num_classes=len(dataset.class_names), **chosen.arguments)

    preprocessing = preprocessing_of(build())
    chosen = settle(build, chosen, user_path(out), options.precision, options.xla, say)
    train(build, chosen, dataset, preprocessing, out, strategy=strategy, tensorboard=options.tensorboard)
    for error in dataset.skipped:
        say(f"skipped {error}")
    if not is_chief(strategy):
        return None
    return save_run(
        build,
        out,
        user_path(out) / RESULT,
        tag=chosen.name.partition(".")[2].partition("-")[0] or None,
        preprocessing=preprocessing,
        labels=dataset.class_names,
        license=options.license,
        dataset=_told_of(dataset, options.dataset_name or default_name(data)),
        recipe={**acting(chosen), "command": _command(network, chosen, settings or {}, options)},
    )


def chosen_recipe(network: str, recipe: str | None, settings: Mapping[str, str]) -> Recipe:
    """What a network is to be trained by, without TensorFlow.

    Args:
        network, recipe, settings: as `train_by_name` takes them.

    Raises:
        ValueError: for an unknown network, recipe or field, or an argument that the network does not have.
    """
    entry = find_architecture(network)
    try:
        found = find_recipe(recipe or f"{network}.cifar10")
    except ValueError as error:
        if recipe:
            raise
        raise ValueError(f"{error} Choose by recipe (--recipe).") from error
    chosen = override(found, settings)
    entry.check_own(chosen.arguments)
    return chosen


def _told_of(dataset: Dataset, name: str) -> str:
    """What the card calls the data, with what it was trained without, as far as this process has read it."""
    count = len(dataset.skipped)
    return f"{name}, without {count} picture{'s' if count > 1 else ''} that could not be read" if count else name


def _command(network: str, recipe: Recipe, settings: dict[str, str], options: TrainingOptions) -> str:
    """What makes the same run again; precision and XLA as they were chosen."""
    parts = ["bnn-zoo", "train", network, "--recipe", recipe.name, "--data", "DATA", "--out", "OUT"]
    for name, value in settings.items():
        parts += ["--set", f"{name}={value}"]
    if options.split:
        parts += ["--split", options.split]
    if options.size:
        parts += ["--size", str(options.size)]
    if options.on_bad == "skip":
        parts.append("--skip-bad")
    if options.precision != "recipe":
        parts += ["--precision", recipe.precision]
    if options.xla != "recipe":
        parts += ["--xla", "on" if recipe.xla else "off"]
    return shlex.join(parts)
