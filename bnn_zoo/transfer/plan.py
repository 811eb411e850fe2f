"""How a network is fine-tuned on so many pictures: two recipes, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.training.overrides import override
from bnn_zoo.training.recipe import Recipe

#: How many times as many pictures the largest class may have as the smallest before it is worth a word.
_UNBALANCED = 3


def finetuning_recipes(dataset: ImageDataset, name: str, source: str) -> tuple[Recipe, Recipe]:
    """How a network is fine-tuned on so many pictures: the new head alone, then all layers at a third of its rate.

    A fifth of the pictures is held out, at most 1000. Batches have 32 pictures, fewer where there are not ten times as many; and
    there are more epochs where there are few steps in one.

    Args:
        dataset: the pictures.
        name: of the data, for the recipes' names.
        source: what weights are the start.

    Raises:
        ValueError: if there are fewer than two classes with pictures, or a class has fewer than two.
    """
    counts = np.bincount(dataset.labels, minlength=len(dataset.class_names))
    if len(counts) < 2:
        raise ValueError(
            f"the data have the one class {dataset.class_names[0]!r}; fine-tuning needs a folder for each of two or more."
        )
    least = int(counts.argmin())
    if counts[least] < 2:
        raise ValueError(
            f"the class {dataset.class_names[least]!r} has {counts[least]} pictures in this split; it needs 2 at "
            "least, and 20 or more to be of use."
        )
    held_out = min(max(len(dataset) // 5, 1), 1000)
    pictures = len(dataset) - held_out
    batch_size = min(32, max(pictures // 10, min(pictures, 4)))
    steps = pictures // batch_size
    shared: dict[str, Any] = dict(batch_size=batch_size, held_out=held_out, source=f"fine-tuned from {source} by bnn-zoo finetune")
    head = Recipe(f"{name}.head", epochs=_epochs(10, 100, steps), learning_rate=3e-3, **shared)
    return head, Recipe(f"{name}.whole", epochs=_epochs(20, 400, steps), learning_rate=1e-3, **shared)


def _epochs(least: int, least_steps: int, steps: int) -> int:
    return min(max(least, -(-least_steps // steps)), 5 * least)


def describe_plan(dataset: ImageDataset, head: Recipe, whole: Recipe) -> list[str]:
    """What pictures there are and how they are used, in lines to be read."""
    counts = np.bincount(dataset.labels, minlength=len(dataset.class_names))
    shown = [f"{name} {count}" for name, count in zip(dataset.class_names, counts, strict=True)]
    more = "" if len(shown) <= 10 else f", ... ({len(shown)} classes)"
    trained = len(dataset) - whole.held_out
    lines = [
        f"{len(dataset)} pictures: {', '.join(shown[:10])}{more}",
        f"{trained} to train on, {whole.held_out} held out; batches of {head.batch_size}, then of {whole.batch_size}",
    ]
    few, many = int(counts.argmin()), int(counts.argmax())
    if counts[many] > _UNBALANCED * counts[few]:
        lines.append(
            f"the classes are unbalanced: {dataset.class_names[many]} has {counts[many]} pictures, {dataset.class_names[few]} only "
            f"{counts[few]}. The network will lean to the larger one, and the score hides it: add pictures, or leave some out."
        )
    return lines


def check_settings(settings: Mapping[str, str]) -> None:
    """Whether there are such settings, as far as it shows without the pictures, on which the recipes depend.

    Raises:
        ValueError: for a field that a recipe does not have, or a value of the wrong kind.
    """
    for stage in ("head", "whole"):
        override(Recipe(stage), settings_of(settings, stage))


def settings_of(settings: Mapping[str, str], stage: str) -> dict[str, str]:
    """The settings of one of the two recipes: its own before those of both."""
    for key in settings:
        if key.rpartition(".")[0] not in ("", "head", "whole"):
            raise ValueError(f"the setting {key!r} must be of head.FIELD, whole.FIELD, or FIELD for both, as in head.epochs=5.")
    both = {key: value for key, value in settings.items() if "." not in key}
    return both | {key.partition(".")[2]: value for key, value in settings.items() if key.startswith(f"{stage}.")}
