"""The runs that are to be done, and a small file for each that is finished."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from bnn_zoo._whole_file import write_text_whole
from bnn_zoo.guide.results import Run, ScoredOn
from bnn_zoo.guide.variants import Variant
from bnn_zoo.hub import strict_json


@dataclass(frozen=True)
class Job:
    """A run that is to be done.

    Args:
        variant: what is trained.
        settings: fields of its recipe, see `recipe_of`.
        seed: of weights and order of pictures.
        scored_on: on which pictures.
    """

    variant: Variant
    settings: Mapping[str, float]
    seed: int
    scored_on: ScoredOn

    @property
    def name(self) -> str:
        """Fit for a file name."""
        searched = "".join(f"+{key}-{value:g}" for key, value in self.settings.items())
        return f"{self.variant.name}+seed-{self.seed}" if self.scored_on == "test" else f"search+{self.variant.name}{searched}"


def find_finished(folder: Path, job: Job) -> Run | None:
    """The finished run of a job, if there is one.

    Raises:
        ValueError: if the file holds something else.
    """
    path = _path(folder, job)
    if not path.exists():
        return None
    run = _read(path)
    if (run.variant, run.seed, run.settings, run.scored_on) != (job.variant.name, job.seed, dict(job.settings), job.scored_on):
        raise ValueError(f"{path} is a run with {run.settings}, not {dict(job.settings)}; remove it, and it is done again.")
    return run


def all_finished(folder: Path) -> tuple[Run, ...]:
    """Every finished run of a folder, by name.

    Raises:
        ValueError: if one of the files holds something else.
    """
    return tuple(_read(path) for path in sorted(_path_of_all(folder).glob("*.json")))


def write_finished(folder: Path, job: Job, run: Run) -> None:
    """Says that a job is finished, and what it gave; the file is whole or not there."""
    path = _path(folder, job)
    path.parent.mkdir(exist_ok=True)
    write_text_whole(path, json.dumps(asdict(run), indent=2) + "\n")


def _path_of_all(folder: Path) -> Path:
    return folder / "finished"


def _path(folder: Path, job: Job) -> Path:
    return _path_of_all(folder) / f"{job.name}.json"


def _read(path: Path) -> Run:
    try:
        return Run(**strict_json.loads(path.read_bytes()))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} holds no finished run ({error}); remove it, and it is done again.") from error
