"""The weight sets that a recipe's stages start from or learn from: known by their content, so that none is changed on the way."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from bnn_zoo.hub.fetch import fetch
from bnn_zoo.hub.hashing import file_sha256
from bnn_zoo.hub.references import resolve
from bnn_zoo.training.claim import read_claim
from bnn_zoo.training.run import DATA, WEIGHT_SETS, Run
from bnn_zoo.training.stage import Stage


def hashes(run: Run) -> dict[str, str]:
    """The SHA-256 of each weight set, by what the recipe calls it.

    Those that only finished stages name are needed no more, and may be gone: of them it is what the run's folder says.

    Args:
        run: begun or not.

    Returns:
        The hashes; none for a run that was begun before they were written down.

    Raises:
        ValueError: if what a stage names means nothing.
        WeightsError: if it cannot be had.
    """
    wanted = {name for stage in run.stages if not run.weights(stage).exists() for name in _names(run, stage)}
    found = {name: _sha256(name) for name in sorted(wanted)}
    written = _written(run)
    if written is None:
        return found
    return {**written, **found} if written else {}


def _names(run: Run, stage: Stage) -> set[str]:
    return {stage.start, stage.teacher} - {"", *run.before(stage)}


def _sha256(name: str) -> str:
    weights = resolve(name)
    return weights.sha256 or file_sha256(fetch(weights))


def _written(run: Run) -> dict[str, Any] | None:
    """What the run's folder says; None if it is not claimed, or its file is damaged, which is refused elsewhere."""
    with suppress(FileNotFoundError, NotADirectoryError, ValueError):
        written = read_claim(run.folder / DATA).get(WEIGHT_SETS, {})
        return written if isinstance(written, dict) else None
    return None
