"""What `bnn_zoo.compare` gives."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, SupportsIndex, overload

from bnn_zoo._user_path import user_path
from bnn_zoo.comparison import render
from bnn_zoo.comparison.column import Column, find_column
from bnn_zoo.comparison.columns import columns_of
from bnn_zoo.comparison.row import NetworkRow

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure


@dataclass(frozen=True, repr=False)
class Comparison:
    """Networks side by side: a sequence of `NetworkRow`, in the order in which they were asked for.

    Args:
        rows: one for each network.
    """

    rows: tuple[NetworkRow, ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        """Everything that is known of at least one of the networks; `column.explain` says what it is."""
        return columns_of(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[NetworkRow]:
        return iter(self.rows)

    @overload
    def __getitem__(self, which: SupportsIndex | str) -> NetworkRow: ...

    @overload
    def __getitem__(self, which: slice) -> Comparison: ...

    def __getitem__(self, which: SupportsIndex | str | slice) -> NetworkRow | Comparison:
        """The network at a place, or of a name; of a slice the comparison of those networks."""
        if isinstance(which, slice):
            return Comparison(self.rows[which])
        if isinstance(which, SupportsIndex):
            return self.rows[operator.index(which)]
        for row in self.rows:
            if row.name == which:
                return row
        raise KeyError(f"{which!r} was not compared; there are {', '.join(row.name for row in self.rows)}")

    def sorted(self, by: str, descending: bool | None = None) -> Comparison:
        """The same in another order; networks of which the value is not known come last.

        Args:
            by: key of a column.
            descending: the largest first; if not given, the best first.

        Raises:
            ValueError: if there is no such column.
        """
        column = find_column(by, self.columns)
        known = [row for row in self.rows if column.value(row) is not None]
        unknown = [row for row in self.rows if column.value(row) is None]
        down = column.better == "larger" if descending is None else descending
        return Comparison((*sorted(known, key=column.value, reverse=down), *unknown))

    def table(self, sort: str | None = None, columns: Sequence[str] | None = None, width: int | None = None) -> str:
        """A table for the terminal.

        Args:
            sort: key of the column to sort by, the best first.
            columns: a key, or several, in their order; the most telling ones if not given.
            width: how wide it may be, characters; columns that tell less are left out until it fits, and named below it.

        Raises:
            ValueError: if there is no such column.
        """
        return render.as_text(self._ordered(sort), self._chosen(columns), width)

    def to_markdown(self, sort: str | None = None, columns: Sequence[str] | None = None) -> str:
        """The same as a Markdown table."""
        return render.as_markdown(self._ordered(sort), self._chosen(columns))

    def to_json(self, sort: str | None = None) -> str:
        """All columns as JSON: `{"columns": [what each means], "networks": [values by the columns' keys]}`."""
        return render.as_json(self._ordered(sort), self.columns)

    def to_dataframe(self) -> pandas.DataFrame:
        """All columns as a data frame, networks by name, columns by key; `.attrs` holds each column's explanation.

        Raises:
            ImportError: if pandas is not installed.
        """
        columns = self.columns
        values = [{column.key: column.value(row) for column in columns} for row in self.rows]
        return render.as_data_frame(values, {column.key: column.explain for column in columns})

    def plot(
        self, x: str = "size_mib", y: str = "top1", path: str | os.PathLike[str] | None = None, *, log: bool | None = None
    ) -> Figure:
        """Draws the networks in two of their columns, with their Pareto front; accuracies of the data set that most have.

        Args:
            x: key of the column to the right, such as "size_mib", "operations", "macs" or "latency_openvino".
            y: key of the column upwards.
            path: where to write it as well; the ending says as what (.png, .svg, .pdf).
            log: whether x is logarithmic; if not given, where that helps.

        Returns:
            A matplotlib Figure, which notebooks show.

        Raises:
            ValueError: if there is no such column, or it holds no numbers.
            ImportError: if matplotlib is not installed.
        """
        from bnn_zoo.comparison.plot import plot

        return plot(self.rows, find_column(x, self.columns), find_column(y, self.columns), path, log)

    def to_html(self, path: str | os.PathLike[str]) -> Path:
        """Writes a page that works offline: a table to sort and filter, a chart, and each network's card and layers.

        Args:
            path: of the file.

        Raises:
            ImportError: if vl-convert-python, which holds the chart library, is not installed.
        """
        from bnn_zoo.comparison.page import write_page

        return write_page(self.rows, self.columns, user_path(path))

    def notes(self) -> list[str]:
        """What could not be measured, and why."""
        return [f"{row.name}: {note}" for row in self.rows for note in row.notes]

    def _ordered(self, sort: str | None) -> tuple[NetworkRow, ...]:
        return self.rows if sort is None else self.sorted(sort).rows

    def _chosen(self, keys: Sequence[str] | None) -> list[Column]:
        if keys is None:
            return [column for column in self.columns if column.rank]
        return [find_column(key, self.columns) for key in ([keys] if isinstance(keys, str) else keys)]

    def __str__(self) -> str:
        return self.table()

    def __repr__(self) -> str:
        return f"<Comparison of {', '.join(row.name for row in self.rows)}>"

    def _repr_markdown_(self) -> str:  # what a notebook shows
        return self.to_markdown()
