"""A run of a recipe: what its stages share, and where each of them lies in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bnn_zoo._keras import keras
from bnn_zoo.data.preprocessing_settings import Preprocessing
from bnn_zoo.training.pipeline import Dataset, steps_per_epoch
from bnn_zoo.training.recipe import Recipe, recipe_of
from bnn_zoo.training.stage import Stage

#: The weights of the last epoch: there once a run is finished.
LAST = "last.weights.h5"

#: The recipe that a folder's run is made by.
CLAIM = "recipe.json"

#: What it is trained on: classes, number of pictures, how they are prepared, and the weights that it began with.
DATA = "data.json"

#: In that file: the hashes of the weight sets that the recipe's stages name, by what they are called there.
WEIGHT_SETS = "weight_sets"


@dataclass(frozen=True)
class Run:
    """What all stages of a run share.

    The fields are the arguments of `train`, with the pictures that are held out taken apart from the others.
    """

    build: Callable[[], keras.Model]
    recipe: Recipe
    dataset: Dataset
    held_out: Dataset | None
    preprocessing: Preprocessing
    folder: Path
    start_from: Path | None
    strategy: Any
    checkpoint_seconds: float
    tensorboard: bool
    callbacks: tuple[Any, ...]

    @property
    def stages(self) -> tuple[Stage, ...]:
        return self.recipe.stages or (Stage("", self.recipe.epochs),)

    def before(self, stage: Stage) -> dict[str, Stage]:
        """The stages before one, by their names."""
        return {other.name: other for other in self.stages[: self.stages.index(stage)]}

    def first_epoch(self, stage: Stage) -> int:
        """Counted over the whole run, so that each stage sees the pictures in orders of its own."""
        return sum(other.epochs for other in self.before(stage).values())

    def steps(self, stage: Stage) -> int:
        """Of an epoch."""
        return steps_per_epoch(self.dataset, recipe_of(self.recipe, stage))

    def weights(self, stage: Stage) -> Path:
        """The weights that a stage leaves when it is finished."""
        return self.folder / (LAST if stage == self.stages[-1] else f"{stage.name}.weights.h5")

    def checkpoints(self, stage: Stage) -> Path:
        return self.folder / "checkpoints" / stage.name
