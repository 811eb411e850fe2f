"""How latencies are measured: runs of several backends in turn, each as it would be without the others."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

# The first run compiles, the next warm the caches.
_WARM_UP = 3

# Between two measured runs of a backend others had their turn: their threads still spin for a while, and caches hold their weights.
# Nobody who deploys a network meets that, so that each turn begins with milliseconds that are not measured. To a run that takes
# longer than a second's tenth it makes no difference.
_SETTLING, _LONG = 5.0, 100.0


@dataclass(frozen=True)
class Measurement:
    """The latency of a network.

    Args:
        model: its name.
        backend: what ran it.
        threads: how many.
        batch_size: pictures a run.
        milliseconds: a run, median.
        per_picture: milliseconds a picture, median.
        low: milliseconds a run, the quarter mark.
        high: milliseconds a run, the three-quarter mark.
        repeats: how many runs were measured.
    """

    model: str
    backend: str
    threads: int
    batch_size: int
    milliseconds: float
    per_picture: float
    low: float
    high: float
    repeats: int

    @classmethod
    def of(cls, model: str, backend: str, threads: int, batch_size: int, times: Sequence[float]) -> Measurement:
        """What the milliseconds of the single runs come to."""
        low, middle, high = statistics.quantiles(times, n=4)
        return cls(model, backend, threads, batch_size, middle, middle / batch_size, low, high, len(times))


def check_repeats(repeats: int) -> None:
    """Refuses to make a median of too few runs.

    Raises:
        ValueError: for fewer than 3.
    """
    if repeats < 3:
        raise ValueError(f"repeats is {repeats}; a median needs at least 3, a table that others will read at least 30.")


def milliseconds(run: Callable[[], object]) -> float:
    """The milliseconds of one run."""
    start = perf_counter()
    run()
    return (perf_counter() - start) * 1e3


def settled(run: Callable[[], object]) -> Callable[[], float]:
    """Warms a run up, and gives what measures it whenever its turn comes.

    Args:
        run: of a network on a backend.

    Returns:
        A function that does some runs that are not measured, then one that is, and gives its milliseconds.
    """
    for _ in range(_WARM_UP):
        run()
    last = 0.0

    def measure() -> float:
        nonlocal last
        spent = 0.0
        while spent < _SETTLING and last < _LONG:
            spent += milliseconds(run)
        last = milliseconds(run)
        return last

    return measure
