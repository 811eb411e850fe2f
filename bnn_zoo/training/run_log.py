"""The log of a run: a table with a row an epoch."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

#: Its name in a run's folder.
LOG = "log.csv"


def read_log(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """The epochs of a log, the first one first; values are text.

    Raises:
        OSError: if it cannot be read.
    """
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_log(path: Path, epochs: Iterable[Mapping[str, Any]]) -> None:
    """Writes a log anew; a value that an epoch does not have is left empty."""
    epochs = tuple(epochs)
    # A stage without binary kernels has no flips to log.
    columns = list(dict.fromkeys(key for epoch in epochs for key in epoch)) or ["epoch"]
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(epochs)
