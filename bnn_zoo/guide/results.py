"""What the experiments gave: one record a run, and mean and spread over the seeds."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from bnn_zoo._user_path import user_path
from bnn_zoo._whole_file import write_text_whole
from bnn_zoo.guide.budget import Budget
from bnn_zoo.guide.variants import Experiment
from bnn_zoo.hub import strict_json

ScoredOn = Literal["held_out", "test"]

#: The results that come with the package.
PACKAGED = Path(__file__).with_name("results.json")


@dataclass(frozen=True)
class Run:
    """One training run.

    Args:
        variant: its name.
        seed: of the run.
        settings: those fields of its recipe that were searched.
        scored_on: `"held_out"` for a run of the search, `"test"` for one of the experiments.
        accuracy: percent of the pictures that it was scored on.
        training_accuracy: percent, over the last epoch.
        training_loss: over the last epoch.
        parameters: of the network.
        parameters_1bit: those of them that are binary.
        size_mib: deployed: 1 bit or 32 bits a parameter, MiB.
        macs_binary: multiply-accumulates of 1-bit inputs and kernels, a picture.
        macs_real: the other multiply-accumulates, a picture.
    """

    variant: str
    seed: int
    settings: Mapping[str, float]
    scored_on: ScoredOn
    accuracy: float
    training_accuracy: float
    training_loss: float
    parameters: int
    parameters_1bit: int
    size_mib: float
    macs_binary: int
    macs_real: int


@dataclass(frozen=True)
class Results:
    """All runs, and what they had in common.

    Args:
        dataset: what it is called.
        budget: of every run.
        runs: of the search and of the experiments.
    """

    dataset: str
    budget: Budget
    runs: tuple[Run, ...]

    def of(self, variant: str) -> tuple[Run, ...]:
        """The runs of a variant that were scored on test pictures, by file name: seed-10 is before seed-2."""
        return tuple(run for run in self.runs if run.variant == variant and run.scored_on == "test")

    def search(self, variant: str) -> tuple[Run, ...]:
        """The runs by which the settings of a variant's optimizer were chosen."""
        return tuple(run for run in self.runs if run.variant == variant and run.scored_on == "held_out")


@dataclass(frozen=True)
class Summary:
    """A variant of an experiment over all seeds.

    Args:
        label: in the experiment.
        advised: whether it follows the guide's advice.
        runs: one a seed.
        mean: of their accuracies, percent.
        spread: their standard deviation, percentage points; None of a single run.
    """

    label: str
    advised: bool
    runs: tuple[Run, ...]
    mean: float
    spread: float | None


def summarize(results: Results, experiment: Experiment) -> list[Summary]:
    """Mean and spread of each variant of an experiment; those without a run are left out."""
    rows = []
    for label, variant in experiment.variants.items():
        if runs := results.of(variant.name):
            mean, spread = mean_and_spread([run.accuracy for run in runs])
            rows.append(Summary(label, label in experiment.advised, runs, mean, spread))
    return rows


def mean_and_spread(values: Sequence[float]) -> tuple[float, float | None]:
    """The mean, and the standard deviation as estimated from a sample (over n - 1); None of a single value."""
    return statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else None


def read_results(path: str | os.PathLike[str] = PACKAGED) -> Results:
    """Reads results.

    Args:
        path: results.json of an output folder; those of the package if not given.

    Raises:
        FileNotFoundError: if there is none.
        ValueError: if the file holds something else.
    """
    file = user_path(path)
    if not file.is_file():
        raise FileNotFoundError(f"there are no results at {file}; `bnn-zoo guide --data DATA --out DIR` makes them.")
    try:
        content = strict_json.loads(file.read_bytes())
        return Results(content["dataset"], Budget(**content["budget"]), tuple(Run(**run) for run in content["runs"]))
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file} holds no results of the experiments: {error!r}.") from error


def write_results(results: Results, path: Path) -> None:
    """Writes results, a line a run."""
    content: dict[str, Any] = asdict(results)
    lines = ",\n".join(f"  {json.dumps(run)}" for run in content.pop("runs"))
    head = json.dumps(content, indent=1)[:-2]
    write_text_whole(path, f'{head},\n "runs": [\n{lines}\n ]\n}}\n')
