"""From a folder of pictures and a trained network to a weight set for these pictures."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from bnn_zoo import __version__
from bnn_zoo._keras import keras
from bnn_zoo._user_path import user_path
from bnn_zoo.data.datasets import default_name, load_dataset, training_split
from bnn_zoo.hub.attached import weight_set_of
from bnn_zoo.hub.load import load_pretrained
from bnn_zoo.hub.references import Reference
from bnn_zoo.hub.weight_set import Metric
from bnn_zoo.inference import preprocessing_of
from bnn_zoo.training.loop import train
from bnn_zoo.training.overrides import override
from bnn_zoo.training.recipe import Recipe, acting
from bnn_zoo.training.result_folder import RESULT, check_result_folder
from bnn_zoo.training.run import LAST
from bnn_zoo.training.run_log import LOG, last_epoch
from bnn_zoo.training.weight_set import save_run
from bnn_zoo.transfer.freezing import freeze
from bnn_zoo.transfer.head import replace_head
from bnn_zoo.transfer.plan import describe_plan, finetuning_recipes, settings_of


def finetune(
    reference: Reference,
    data: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    split: str | None = None,
    settings: Mapping[str, str] | None = None,
    dataset_name: str | None = None,
    license: str | None = None,
    say: Callable[[str], object] = print,
) -> Path:
    """Fine-tunes a trained network on pictures by class: a new head alone first, then all layers at a lower rate.

    Both runs lie in `out`, in `head` and `whole`, and go on where they were stopped when called again. Pictures are kept back from
    both and scored; the weights saved are those of the last epoch, so that nothing was chosen by these pictures.

    Args:
        reference: the weight set to start from: what `pretrained=` takes, as in "birealnet.cifar10".
        data: a folder or .zip of pictures by class; the folders' names become the classes' names.
        out: a folder for the two runs, and for the result in `model`.
        split: which part of `data`, where it has several; if not given "train", where there is one.
        settings: fields of the two recipes to change, as text: {"head.epochs": "5"} of the first, {"whole.epochs": "9"} of the
            second, {"batch_size": "16"} of both. See `finetuning_recipes` for what they are without.
        dataset_name: what the card calls the data; see `default_name` for what it is called if not given.
        license: SPDX identifier of the new weights' licence.
        say: is told, line by line, what is about to happen.

    Returns:
        The folder of the weight set: `bnn_zoo.load_pretrained` reads it.

    Raises:
        ValueError: if the data are no pictures of two classes or more, or `out` holds runs of other recipes, or of `bnn-zoo train`.
        WeightsError: if the weights cannot be had.
    """
    folder = user_path(out)
    check_result_folder(folder, "finetune")
    split = training_split(data, split)
    trained = load_pretrained(reference)
    # The pictures are fitted to the network's size once, their whole square centre, and so the new weights will see them.
    preprocessing = dataclasses.replace(preprocessing_of(trained), crop=1.0, interpolation="bicubic_antialias")
    dataset = load_dataset(data, split, size=preprocessing.input_size, on_bad="skip")
    for name in dataset.skipped:
        say(f"skipped, since it cannot be read: {name}")
    name = dataset_name or default_name(data)
    head, whole = finetuning_recipes(dataset, name, _source(trained))
    head, whole = (override(recipe, settings_of(settings or {}, stage)) for recipe, stage in ((head, "head"), (whole, "whole")))
    if head.held_out != whole.held_out:
        raise ValueError(
            f"held_out is {head.held_out} for the head and {whole.held_out} for the whole network; the second score would count "
            "pictures that the first run has learnt from: set held_out for both."
        )
    for line in describe_plan(dataset, head, whole):
        say(line)

    def build() -> keras.Model:
        return replace_head(trained, len(dataset.class_names))

    def build_frozen() -> keras.Model:
        model = build()
        say(str(freeze(model, until="head")).splitlines()[0])
        return model

    say(f"1 of 2: the new head, {_epochs(head)}")
    train(build_frozen, head, dataset, preprocessing, folder / "head", strategy="one")
    say(f"2 of 2: all layers, {_epochs(whole)}")
    train(build, whole, dataset, preprocessing, folder / "whole", start_from=folder / "head" / LAST, strategy="one")
    metric = _held_out_score(folder / "whole" / LOG, whole, name)
    if metric is not None:
        say(f"{metric.name} {metric.value:.1f} % of {whole.held_out} pictures that were held out")
    return save_run(
        build,
        folder / "whole",
        folder / RESULT,
        tag=_tag(name),
        preprocessing=preprocessing,
        labels=dataset.class_names,
        metrics=() if metric is None else (metric,),
        license=license,
        dataset=name,
        recipe={"head, trained before": acting(head), **acting(whole)},
    )


def _held_out_score(log: Path, recipe: Recipe, name: str) -> Metric | None:
    last = last_epoch(log, recipe.epochs)
    if "val_accuracy" not in last:
        return None
    by = f"bnn-zoo finetune {__version__}, {recipe.held_out} pictures"
    return Metric("top-1", round(100 * float(last["val_accuracy"]), 2), f"{name}, held out", by)


def _source(model: keras.Model) -> str:
    # Not the reference: a folder's path says nothing to others, and its content may change between two calls.
    weights = weight_set_of(model)
    assert weights is not None
    return f"{weights.name} (sha256 {weights.sha256[:12]})" if weights.sha256 else weights.name


def _tag(name: str) -> str | None:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("._-").lower() or None


def _epochs(recipe: Recipe) -> str:
    return f"{recipe.epochs} epoch{'' if recipe.epochs == 1 else 's'}"
