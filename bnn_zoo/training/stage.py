"""A part of a training run: what is binarized in it, where it starts, and who teaches it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from bnn_zoo.training.teachers import TEACHERS

#: last.weights.h5 and best.weights.h5 are the whole run's.
_TAKEN = ("last", "best")

Binarize = Literal["activations and weights", "activations", "nothing"]


@dataclass(frozen=True)
class Stage:
    """One of the stages of a recipe; they are run in their order, and the last one's network is the result.

    Args:
        name: of the stage, and of its weights: NAME.weights.h5.
        epochs: how many times all training pictures are seen.
        binarize: `"activations"` leaves the kernels of binary layers real; `"nothing"` also puts tanh in the place of the sign.
        cooling: lets kernels be soft at first, w / temperature in [-1, 1], and signs where the temperature is below 1e-7. That is 1
            in the first epoch, and each further one multiplies it by this number in (0, 1): 0.9 needs 154 epochs to make signs.
            Where a stage ends before, `train` warns: what it leaves are signs all the same, as it never trained them. 0.0 for
            signs from the start.
        network: another network to train in this stage, among `bnn_zoo.training.teachers`; the recipe's if empty.
        start: where this one's weights start: an earlier stage, or weights that `load_pretrained` takes; random if empty. Of
            packed weights the latent ones are all of their mean size.
        teacher: an earlier stage, or weights that `load_pretrained` takes; none if empty.
        label_weight: factor of the cross-entropy with the labels.
        logits_weight: factor of the divergence from the teacher's probabilities (Kullback-Leibler).
        temperature: that both networks' logits are divided by for that.
        attention_weight: factor of the distance between the two networks' attention maps.
        attention: names of the layers whose outputs are compared; they are the same in student and teacher.
        settings: the recipe's fields that are others in this stage, `learning_rate` for example.
    """

    name: str
    epochs: int
    binarize: Binarize = "activations and weights"
    cooling: float = 0.0
    network: str = ""
    start: str = ""
    teacher: str = ""
    label_weight: float = 1.0
    logits_weight: float = 0.0
    temperature: float = 1.0
    attention_weight: float = 0.0
    attention: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.binarize not in get_args(Binarize):
            allowed = ", ".join(repr(choice) for choice in get_args(Binarize))
            raise ValueError(f"binarize of stage {self.name!r} is {self.binarize!r}; it must be one of {allowed}.")
        if self.epochs < 1:
            raise ValueError(f"epochs of stage {self.name!r} is {self.epochs!r}; it must be at least 1.")
        if not 0.0 <= self.cooling < 1.0:
            raise ValueError(f"cooling of stage {self.name!r} is {self.cooling!r}; it must be in [0, 1).")
        if self.cooling and (self.network or self.binarize != "activations and weights"):
            raise ValueError(f"stage {self.name!r} has cooling={self.cooling} and no binary kernels; leave cooling out.")
        for name in ("label_weight", "logits_weight", "attention_weight", "temperature"):
            if not 0.0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} of stage {self.name!r} is {getattr(self, name)!r}; it must be a number, at least 0.")
        if self.temperature <= 0:
            raise ValueError(f"temperature of stage {self.name!r} is {self.temperature!r}; it must be above 0.")
        if bool(self.teacher) != bool(self.logits_weight or self.attention_weight):
            raise ValueError(
                f"stage {self.name!r} has teacher={self.teacher!r}, logits_weight={self.logits_weight} and "
                f"attention_weight={self.attention_weight}; a teacher needs one of the two weights, and they need a teacher."
            )
        if bool(self.attention_weight) != bool(self.attention):
            raise ValueError(
                f"stage {self.name!r} has attention_weight={self.attention_weight} and attention={self.attention!r}; "
                "give both, or neither."
            )


def check_stages(stages: tuple[Stage, ...], epochs: int) -> None:
    """Refuses stages that do not make a run of a binary network.

    Args:
        stages: of a recipe.
        epochs: of the recipe.

    Raises:
        ValueError: saying which stage does not fit.
    """
    if not stages:
        return
    names, seen = {stage.name for stage in stages}, set[str]()
    for stage in stages:
        if not stage.name.isidentifier() or stage.name in seen:
            raise ValueError(f"a stage is named {stage.name!r}; each needs a name of its own, of letters, digits and _.")
        if stage.name in _TAKEN:
            raise ValueError(f"a stage is named {stage.name!r}, as the weights of the whole run are; take another name.")
        for role in ("start", "teacher"):
            other = getattr(stage, role)
            if other in names - seen:
                raise ValueError(f"{role} of stage {stage.name!r} is {other!r}; it must be an earlier stage, or a weight set.")
        if stage.network and stage.network not in TEACHERS:
            raise ValueError(f"network of stage {stage.name!r} is {stage.network!r}; it must be one of {', '.join(TEACHERS)}.")
        seen.add(stage.name)
    if stages[-1].binarize != "activations and weights" or stages[-1].network:
        raise ValueError(f"the last stage is {stages[-1].name!r}; it must train the network itself, all of it binarized.")
    for stage in stages:
        if not stage.label_weight and not stage.teacher:
            raise ValueError(
                f"label_weight of stage {stage.name!r} is 0, and it has no teacher: it learns nothing; give it one of the two."
            )
    total = sum(stage.epochs for stage in stages)
    if epochs != total:
        raise ValueError(f"epochs is {epochs}, but the stages have {total} together; give the sum.")
