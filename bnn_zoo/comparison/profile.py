"""`bnn_zoo.profile`: one network layer by layer."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bnn_zoo._table import align, align_within, wrap
from bnn_zoo.comparison.diff import ProfileDiff
from bnn_zoo.comparison.figures import figures_from
from bnn_zoo.comparison.hints import Hint, find_hints
from bnn_zoo.comparison.layer_times import check_layer_timing, time_layers
from bnn_zoo.comparison.layers import Layer
from bnn_zoo.comparison.numbers import extents, short
from bnn_zoo.comparison.render import as_data_frame
from bnn_zoo.comparison.subjects import Shape, Spec, find_subject
from bnn_zoo.models.figures import Figures

if TYPE_CHECKING:
    import pandas

#: What tables tell of a layer, and how little each column tells: the larger, the earlier a narrow terminal goes without it.
_RANKS = {"layer": 1, "kind": 6, "output": 3, "input bits": 4, "kernel bits": 1, "weights": 2, "MACs": 1, "KiB": 5}
LAYER_COLUMNS = tuple(_RANKS)


@dataclass(frozen=True, repr=False)
class Profile:
    """A network layer by layer.

    Args:
        name: of the network.
        layers: in the order in which they are computed.
        figures: of the whole network.
        hints: where it does not follow the guide to building BNNs.
        times: for each backend, milliseconds by the layer's name, see `bnn_zoo.comparison.layer_times`; a time under a name that is
            no layer's belongs to several of them.
    """

    name: str
    layers: tuple[Layer, ...]
    figures: Figures
    hints: tuple[Hint, ...]
    times: dict[str, dict[str, float]] = field(default_factory=dict)

    def rows(self) -> list[dict[str, Any]]:
        """A row a layer: the values of `Layer`, its size in bytes, and its time on each backend."""
        found = []
        for layer in self.layers:
            row = dataclasses.asdict(layer)
            row["bytes"] = row.pop("size_bits") / 8
            row |= {f"{backend}_ms": times.get(layer.name) for backend, times in self.times.items()}
            found.append(row)
        return found

    def table(self, width: int | None = None) -> str:
        """The layers as a table for the terminal, and the hints below it.

        Args:
            width: how wide it may be, characters; columns that tell less are left out until it fits, and named below it.
        """
        backends = list(self.times)
        ranks = _RANKS | {f"{name}, ms": 1 for name in backends}
        lines = [[*layer_cells(layer), *(_time(self.times[name].get(layer.name)) for name in backends)] for layer in self.layers]
        names = {layer.name for layer in self.layers}
        rest = [sum(time for key, time in self.times[name].items() if key not in names) for name in backends]
        if any(rest):
            lines.append(["of no single layer", *[""] * 7, *(_time(time or None) for time in rest)])
        figures = self.figures
        total = ["", "", "", "", "", short(figures.parameters), short(figures.macs)]
        total += [f"{figures.size_mib * 1024:.1f}", *(_time(sum(self.times[name].values())) for name in backends)]
        every = [[*ranks], *lines, [self.name, *total[1:]]]
        left = [place < 3 for place in range(len(ranks))]
        text = align(every, left) if width is None else align_within(every, left, ranks, width)
        told = [_told(hints, width) for hints in self._by_rule()] or ["The guide to building BNNs has nothing to add."]
        return "\n\n".join([text, *told])

    def diff(self, other: Profile) -> ProfileDiff:
        """What differs from another network, layer by layer.

        Raises:
            TypeError: if `other` is no profile.
        """
        if not isinstance(other, Profile):
            raise TypeError(f"other is {other!r:.60}; it must be a profile, as in profile(one).diff(profile(other)).")
        return ProfileDiff.of(self.name, self.layers, other.name, other.layers)

    def to_dataframe(self) -> pandas.DataFrame:
        """`rows` as a data frame, layers by name.

        Raises:
            ImportError: if pandas is not installed.
        """
        return as_data_frame(self.rows())

    def to_json(self) -> str:
        """All of it as JSON; times that belong to no single layer are left out."""
        hints = [dataclasses.asdict(hint) for hint in self.hints]
        values = {"name": self.name, "figures": dataclasses.asdict(self.figures), "layers": self.rows(), "hints": hints}
        return json.dumps(values, indent=2)

    def _by_rule(self) -> list[list[Hint]]:
        groups: dict[str, list[Hint]] = {}
        for hint in self.hints:
            groups.setdefault(hint.rule.name, []).append(hint)
        return list(groups.values())

    def __str__(self) -> str:
        return self.table()

    def __repr__(self) -> str:
        return f"<Profile of {self.name}: {len(self.layers)} layers, {len(self.hints)} hints>"


def profile(
    model: Spec, *, input_shape: Shape | None = None, latency: Sequence[str] = (), threads: int | None = None, repeats: int = 30
) -> Profile:
    """Looks at a network layer by layer: shapes, precisions, weights, operations, and what the guide to building BNNs says to it.

    Args:
        model: a name ("birealnet"), a weight set ("birealnet.cifar10", a folder, USER/REPO), or a keras.Model.
        input_shape: (height, width, channels); the network's own if not given.
        latency: backends to time the layers on: "openvino" (as they run in the network) and "keras" (each by itself).
        threads: of OpenVINO; all cores if not given.
        repeats: runs of which the median is taken.

    Returns:
        The profile: `print` it, or call its `rows`, `diff`, `to_dataframe`, `to_json`; `hints` holds the advice.

    Raises:
        ValueError: for an unknown name, more than one network, a network that takes pictures of any size without `input_shape`, a
            backend that cannot time layers, or a number of threads or repeats that is none.
        TypeError: for something that is no network, or one with operations that cannot be counted, see `read_layers`.
        MissingBackendError: if the backend is not installed.
    """
    subject = find_subject(model, input_shape)
    backends = [latency] if isinstance(latency, str) else list(dict.fromkeys(latency))
    check_layer_timing(backends, threads, repeats)
    layers = subject.layers  # first: what cannot be read cannot be timed
    built = subject.build() if backends else None
    times = {backend: time_layers(built, backend, threads, repeats) for backend in backends}
    return Profile(subject.name, layers, figures_from(layers), find_hints(layers), times)


def layer_cells(layer: Layer) -> list[str]:
    """A layer's values for people, in the order of `LAYER_COLUMNS`."""
    bits = [str(layer.input_bits), str(layer.kernel_bits)] if layer.computes else ["", ""]
    size = f"{layer.size_bits / 8 / 1024:.1f}" if layer.size_bits else ""
    return [layer.name, layer.kind, extents(layer.output_shape), *bits, _count(layer.parameters), _count(layer.macs), size]


def _count(number: int) -> str:
    return short(number) if number else ""


def _time(milliseconds: float | None) -> str:
    return "" if milliseconds is None else f"{milliseconds:.3f}"


def _told(hints: list[Hint], width: int | None) -> str:
    rule = hints[0].rule
    lines = [f"The guide: {rule.advice}. {rule.reason}", *(f"  {hint.layer}: {hint.found}" for hint in hints)]
    if width is not None:
        lines = [part for line in lines for part in wrap(line, width, indent="    " if line.startswith(" ") else "")]
    return "\n".join([*lines, f"  {rule.read_on}"])
