"""How a network is trained, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, get_args

Optimizer = Literal["adam", "sgd"]
Schedule = Literal["constant", "cosine"]
Augmentation = Literal["none", "crop_and_flip"]
Precision = Literal["float32", "mixed_bfloat16"]


@dataclass(frozen=True)
class Recipe:
    """All that decides how a training run goes, next to network and data.

    Args:
        name: network and data set, as in `birealnet.cifar10`.
        arguments: the architecture's own, where they differ from its defaults.
        optimizer: of the latent and the real weights.
        learning_rate: at the start.
        schedule: `"cosine"` lets the learning rate fall to 0 over the whole run.
        epochs: how many times all training pictures are seen.
        batch_size: pictures a step.
        augmentation: `"crop_and_flip"` shifts by up to an eighth of the size and mirrors half of the pictures.
        label_smoothing: share of the probability that is spread over all classes.
        precision: what the network computes in; weights stay in float32.
        held_out: training pictures that are kept back for choices.
        after: the recipe from whose weights this one goes on; none if empty.
        seed: of the weights, of the order of pictures and of the augmentation.
        source: where the figures are from.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    optimizer: Optimizer = "adam"
    learning_rate: float = 1e-3
    schedule: Schedule = "cosine"
    epochs: int = 100
    batch_size: int = 128
    augmentation: Augmentation = "crop_and_flip"
    label_smoothing: float = 0.0
    precision: Precision = "float32"
    held_out: int = 5000
    after: str = ""
    seed: int = 1
    source: str = ""

    def __post_init__(self) -> None:
        for name, allowed in (
            ("optimizer", get_args(Optimizer)),
            ("schedule", get_args(Schedule)),
            ("augmentation", get_args(Augmentation)),
            ("precision", get_args(Precision)),
        ):
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} is {getattr(self, name)!r}; it must be one of {', '.join(allowed)}.")
        for name, least in (("epochs", 1), ("batch_size", 1), ("held_out", 0), ("learning_rate", 0.0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)!r}; it must be at least {least}.")
        if not 0.0 <= self.label_smoothing < 1.0:
            raise ValueError(f"label_smoothing is {self.label_smoothing!r}; it must be in [0, 1).")


def override(recipe: Recipe, settings: Mapping[str, str]) -> Recipe:
    """A recipe with single fields changed, values given as text.

    Args:
        recipe: to start from.
        settings: field to value, as in {"epochs": "10"}.

    Raises:
        ValueError: for a field that a recipe does not have, or a value of the wrong kind.
    """
    types = {entry.name: type(getattr(recipe, entry.name)) for entry in fields(recipe)}
    values: dict[str, Any] = {}
    for name, text in settings.items():
        if name not in types or name == "arguments":
            known = ", ".join(sorted(set(types) - {"arguments"}))
            raise ValueError(f"a recipe has no field {name!r} to set; it has {known}.")
        try:
            values[name] = types[name](text)
        except ValueError as error:
            raise ValueError(f"{name}={text!r} is no {types[name].__name__}.") from error
    return replace(recipe, **values)
