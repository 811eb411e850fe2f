"""What is known of one network that is compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bnn_zoo.comparison.layers import Layer
from bnn_zoo.deploy.timing import Measurement
from bnn_zoo.hub.weight_set import WeightSet
from bnn_zoo.models import Architecture
from bnn_zoo.models.figures import Figures

if TYPE_CHECKING:
    from bnn_zoo.evaluation import Evaluation

_DATA_SETS = {"imagenet": "ImageNet", "cifar10": "CIFAR-10"}


@dataclass(frozen=True)
class Accuracy:
    """An accuracy that somebody reported.

    Args:
        top1: percent.
        top5: percent; None if not known.
        measured_on: the data, in words.
        by: who reported it.
    """

    top1: float
    top5: float | None
    measured_on: str
    by: str

    @property
    def data_set(self) -> str:
        """The data set without the split or how its pictures are stored: only accuracies on the same one are set side by side."""
        first = self.measured_on.partition(",")[0].strip()
        return _DATA_SETS.get(first, first.removesuffix(" test").removesuffix(" validation"))


@dataclass(frozen=True)
class NetworkRow:
    """One network of a comparison.

    Args:
        name: as it was asked for.
        figures: sizes and operations.
        layers: what the figures follow from.
        architecture: of the zoo, if it is from there.
        weights: its weight set, if it has one.
        published: the accuracy that was reported for it.
        measured: its accuracy here, where data was given.
        latencies: on the backends that were asked for.
        notes: what could not be measured, and why.
    """

    name: str
    figures: Figures
    layers: tuple[Layer, ...]
    architecture: Architecture | None = None
    weights: WeightSet | None = None
    published: Accuracy | None = None
    measured: Evaluation | None = None
    latencies: tuple[Measurement, ...] = ()
    notes: tuple[str, ...] = ()

    def latency(self, backend: str) -> Measurement | None:
        """Its latency on one backend."""
        return next((entry for entry in self.latencies if entry.backend == backend), None)


def published_accuracy(architecture: Architecture | None, weights: WeightSet | None) -> Accuracy | None:
    """The accuracy of a weight set, as its record says; without one the first that is reported of the architecture."""
    if weights is not None:
        values = {(metric.name, metric.dataset, metric.measured_by): metric.value for metric in weights.metrics}
        top1 = next((metric for metric in reversed(weights.metrics) if metric.name == "top-1"), None)
        if top1 is None:
            return None
        top5 = values.get(("top-5", top1.dataset, top1.measured_by))  # of the same pictures, or none
        return Accuracy(top1.value, top5, top1.dataset, top1.measured_by.removeprefix("reported by "))
    if architecture is not None and architecture.published:
        first = architecture.published[0]
        return Accuracy(first.top1, first.top5, _DATA_SETS.get(first.dataset, first.dataset), first.source)
    return None
