"""What differs between two networks, layer by layer."""

from __future__ import annotations

import dataclasses
import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from bnn_zoo._table import align, align_wrapped, width_of
from bnn_zoo.comparison.figures import figures_from
from bnn_zoo.comparison.layers import Layer
from bnn_zoo.comparison.numbers import extents, short

Status = Literal["same", "changed", "removed", "added"]

_COMPARED = tuple(field.name for field in dataclasses.fields(Layer) if field.name not in ("name", "inputs"))

#: What a table tells of a layer, by field and in words; the other fields follow from these.
_TOLD = {
    "kind": "kind",
    "output_shape": "output",
    "input_bits": "bits of inputs",
    "kernel_bits": "bits of kernel",
    "parameters": "weights",
    "macs": "MACs",
    "window": "window",
    "strides": "strides",
    "has_bias": "bias",
    "other_outputs": "values of other outputs",
    "is_output": "output of the network",
}


#: Totals that are shown, by title.
_COUNTS = {"parameters": "parameters", "binary MACs": "macs_binary", "real MACs": "macs_real", "OPs": "operations"}


@dataclass(frozen=True)
class DiffRow:
    """A layer of one or both networks.

    Args:
        status: "same" or "changed" where both have it, "removed" where only the first has, "added" where only the second.
        before: the layer in the first network.
        after: the layer in the second.
    """

    status: Status
    before: Layer | None
    after: Layer | None

    @property
    def changes(self) -> dict[str, tuple[Any, Any]]:
        """By field of `Layer`, the two values where they differ."""
        if self.before is None or self.after is None:
            return {}
        pairs = {name: (getattr(self.before, name), getattr(self.after, name)) for name in _COMPARED}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


@dataclass(frozen=True, repr=False)
class ProfileDiff:
    """Two networks, layer by layer.

    Args:
        names: of the two.
        layers: of each.
        rows: layers of both, in their order.
    """

    names: tuple[str, str]
    layers: tuple[tuple[Layer, ...], tuple[Layer, ...]]
    rows: tuple[DiffRow, ...]

    @classmethod
    def of(cls, name: str, layers: tuple[Layer, ...], other: str, others: tuple[Layer, ...]) -> ProfileDiff:
        """The difference of two networks."""
        return cls((name, other), (layers, others), tuple(_rows(layers, others)))

    def table(self, width: int | None = None) -> str:
        """The layers that differ, and the totals of both networks.

        Args:
            width: how wide it may be, characters; where it would be wider, it goes without what a layer is, and tells on more lines
                what changed.
        """
        signs = {"changed": "~", "removed": "-", "added": "+"}
        lines = []
        for row in self.rows:
            layer = row.after or row.before
            if row.status != "same" and layer is not None:
                lines.append([signs[row.status], layer.name, layer.kind, extents(layer.output_shape), _told(row)])
        same = sum(row.status == "same" for row in self.rows)
        head = f"- {self.names[0]}, + {self.names[1]}: {same} layers are the same"
        body = align(lines, left=5) if lines else "nothing differs"
        if width is not None and width_of(body) > width:
            body = align_wrapped([[sign, name, told or f"{kind} {size}"] for sign, name, kind, size, told in lines], width)
        return f"{head}\n{body}\n\n{align(self._totals(), left=1)}"

    def _totals(self) -> list[list[str]]:
        first, second = (figures_from(layers) for layers in self.layers)
        rows = [["", *self.names]]
        for title, field in _COUNTS.items():
            rows.append([title, short(getattr(first, field)), short(getattr(second, field))])
        rows.append(["size, MiB", f"{first.size_mib:.2f}", f"{second.size_mib:.2f}"])
        rows.append(["shortcuts", str(first.shortcuts), str(second.shortcuts)])
        return rows

    def to_json(self) -> str:
        """All layers as JSON, those that are the same too."""
        rows = [{**dataclasses.asdict(row), "changes": row.changes} for row in self.rows]
        return json.dumps({"names": self.names, "rows": rows}, indent=2)

    def __str__(self) -> str:
        return self.table()

    def __repr__(self) -> str:
        different = sum(row.status != "same" for row in self.rows)
        return f"<ProfileDiff of {self.names[0]} and {self.names[1]}: {different} of {len(self.rows)} layers differ>"


def _rows(first: tuple[Layer, ...], second: tuple[Layer, ...]) -> Iterator[DiffRow]:
    """In the order of the second network; what only the first has stands where it was."""
    places = {layer.name: place for place, layer in enumerate(first)}
    pairs = _pairs(first, second)
    gone = [layer for layer in first if layer.name not in pairs.values()]
    for after in second:
        before = first[places[pairs[after.name]]] if after.name in pairs else None
        while before is not None and gone and places[gone[0].name] < places[before.name]:
            yield DiffRow("removed", gone.pop(0), None)
        row = DiffRow("added" if before is None else "same", before, after)
        yield dataclasses.replace(row, status="changed") if row.changes else row
    yield from (DiffRow("removed", layer, None) for layer in gone)


def _pairs(first: tuple[Layer, ...], second: tuple[Layer, ...]) -> dict[str, str]:
    """By the name of a layer of the second network, the one of the first that it is: of the same name, else one alike."""
    shared = {layer.name for layer in first} & {layer.name for layer in second}
    pairs = {name: name for name in shared}
    one, other = ([layer for layer in layers if layer.name not in shared] for layers in (first, second))
    matcher = difflib.SequenceMatcher(
        None, [_likeness(layer) for layer in one], [_likeness(layer) for layer in other], autojunk=False
    )
    for start, from_, length in matcher.get_matching_blocks():
        pairs |= {other[from_ + step].name: one[start + step].name for step in range(length)}
    return pairs


def _likeness(layer: Layer) -> tuple[Any, ...]:
    return layer.kind, layer.output_shape, layer.window, layer.strides, layer.is_quantized


def _told(row: DiffRow) -> str:
    told = []
    for field, (before, after) in row.changes.items():
        if field in _TOLD:
            told.append(f"{_TOLD[field]} {_word(before)} -> {_word(after)}")
    return ", ".join(told)


def _word(value: Any) -> str:
    if isinstance(value, tuple):
        return extents(value)
    return "none" if value is None else short(value) if isinstance(value, int) and value > 999 else str(value)
