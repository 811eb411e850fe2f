"""One thing that networks are compared by."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from bnn_zoo._did_you_mean import did_you_mean
from bnn_zoo.comparison.row import NetworkRow


@dataclass(frozen=True)
class Column:
    """One thing that networks are compared by.

    Args:
        key: its name in code, JSON and data frames.
        title: its name for people.
        unit: of the value; empty for words and bare numbers.
        value: of a network; None where it is not known.
        text: a value for people, without the unit unless it says how large the number is (M, G).
        better: which values are; None where that cannot be said.
        explain: what it is, and how it was found.
        rank: 0 where tables have it only if asked; else the larger, the earlier it is left out of a table that is too wide.
        log: whether an axis in it is best logarithmic.
        of_data_set: whether its values depend on the data set that is named beside them.
    """

    key: str
    title: str
    unit: str
    value: Callable[[NetworkRow], Any]
    text: Callable[[Any], str] = str
    better: Literal["smaller", "larger"] | None = None
    explain: str = ""
    rank: int = 0
    log: bool = False
    of_data_set: bool = False

    @property
    def heading(self) -> str:
        return f"{self.title}, {self.unit}" if self.unit else self.title

    @property
    def is_number(self) -> bool:
        return self.text is not str

    def cell(self, row: NetworkRow) -> str:
        """The value for people; empty where it is not known."""
        value = self.value(row)
        return "" if value is None else self.text(value)


def find_column(key: str, columns: Iterable[Column]) -> Column:
    """The column of that key or title.

    Raises:
        ValueError: if there is none, with the nearest that there are, or all.
    """
    known = {column.key: column for column in columns}
    if key in known:
        return known[key]
    advice = did_you_mean(key, known, f"There are {', '.join(known)}.")
    raise ValueError(
        f"there is no column {key!r} here. {advice} (Latencies and accuracies are columns where it was asked to measure them.)"
    )
