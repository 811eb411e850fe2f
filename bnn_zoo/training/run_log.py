"""The log of a run: a table with a row an epoch."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bnn_zoo._error_words import in_one_line

#: Its name in a run's folder.
LOG = "log.csv"


def read_log(path: str | os.PathLike[str]) -> list[dict[str, str]]:
    """The epochs of a log, the first one first; values are the text of numbers, or empty.

    Raises:
        ValueError: if it holds no epoch, or is damaged; the message names it, and the line.
        OSError: if it cannot be read.
    """
    advice = "take the damaged lines out, or put a copy in its place"
    try:
        rows = _rows(path)
    except (ValueError, csv.Error) as error:
        raise ValueError(f"{path} is damaged ({in_one_line(error, 100)}); {advice}.") from error
    for line, row in enumerate(rows, start=2):
        if not _is_whole(row):
            raise ValueError(f"{path} is damaged in line {line}; {advice}.")
    if not rows:
        raise ValueError(f"{path} holds no epoch.")
    return rows


def salvage_log(path: Path) -> list[dict[str, str]]:
    """The epochs of a log that are whole, however much of it is lost.

    Raises:
        OSError: if there is a log that cannot be read.
    """
    try:
        return [row for row in _rows(path) if _is_whole(row)] if path.is_file() else []
    except (ValueError, csv.Error):  # no text, or no table
        return []


def last_epoch(path: str | os.PathLike[str], epochs: int) -> dict[str, str]:
    """The last epoch of a finished run, from its log.

    Args:
        path: of the log.
        epochs: of the run.

    Raises:
        ValueError: as `read_log`, or if the log ends before.
        OSError: if it cannot be read.
    """
    last = read_log(path)[-1]
    if last["epoch"] != str(epochs - 1):
        raise ValueError(f"{path} lacks the last of the run's {epochs} epochs; put a whole copy in its place.")
    return last


def write_log(path: Path, epochs: Iterable[Mapping[str, Any]]) -> None:
    """Writes a log anew; a value that an epoch does not have is left empty."""
    epochs = tuple(epochs)
    # A stage without binary kernels has no flips to log.
    columns = list(dict.fromkeys(key for epoch in epochs for key in epoch)) or ["epoch"]
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(epochs)


def _rows(path: str | os.PathLike[str]) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        lines = file.readlines()
    if lines and not lines[-1].endswith(("\r", "\n")):
        lines[-1] = lines[-1].rpartition(",")[0]  # without the last value, of which digits may be lost
    return list(csv.DictReader(lines))


def _is_whole(row: Mapping[Any, Any]) -> bool:
    if None in (*row, *row.values()):  # what a row has too many, or lacks, csv calls None
        return False
    try:
        numbers = [float(value) for value in row.values() if value]
    except ValueError:
        return False
    return bool(numbers) and row.get("epoch", "").isdecimal()
