"""Latency of networks on every backend, measured in turn (`bnn-zoo bench`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product

from bnn_zoo._argument_checks import is_count
from bnn_zoo.deploy.bench_process import MeasuringProcess
from bnn_zoo.deploy.bench_worker import MOBILENET, weights_named
from bnn_zoo.deploy.timing import Measurement, check_repeats

#: What can be measured: the backends of `compile`, and larq-zoo's model of the same name in TensorFlow where it is installed.
MEASURED = ("keras", "larq_zoo", "lce", "openvino")

#: What is measured if nothing else is asked for.
USUAL = ("keras", "lce", "openvino")


@dataclass(frozen=True)
class NotMeasured:
    """Something that could not be measured, and why."""

    model: str
    backend: str
    threads: int
    batch_size: int
    reason: str


def measure_latencies(
    models: Sequence[str],
    backends: Sequence[str] = USUAL,
    threads: Sequence[int] = (1, 2),
    batch_sizes: Sequence[int] = (1,),
    repeats: int = 30,
) -> list[Measurement | NotMeasured]:
    """Measures networks at their usual size, with random weights where none are named.

    A process for each number of threads holds the network on all backends; one run after the other is asked of each in turn, so
    that a disturbance of the machine hits all of them alike. Where such a process dies, as without memory, what it was asked for
    is not measured, and a new one goes on with the rest. In a script, call this under `if __name__ == "__main__":`, since each
    process imports the script anew.

    Args:
        models: names, weight sets (name.tag, a folder, USER/REPO), and "mobilenet_v2" for the float network to compare with.
        backends: among "keras" (a tf.function), "larq_zoo", "lce" and "openvino".
        threads: numbers of threads.
        batch_sizes: pictures a run.
        repeats: runs of each, at least 3.

    Returns:
        A row for each combination.

    Raises:
        ValueError: for an unknown network or backend, a number of threads or pictures that is none, or too few repeats.
        ChildProcessError: if the measuring processes cannot be started.
    """
    unknown = [backend for backend in backends if backend not in MEASURED]
    if unknown:
        raise ValueError(f"backends has {unknown[0]!r}; known are {', '.join(MEASURED)}.")
    check_models(models)
    for name, numbers in (("threads", threads), ("batch_sizes", batch_sizes)):
        for number in numbers:
            if not is_count(number):
                raise ValueError(f"{name} has {number!r}; it must hold whole numbers above 0.")
    check_repeats(repeats)
    rows: list[Measurement | NotMeasured] = []
    with _workers(threads) as workers:
        for model in models:
            rows += _measure_model(model, backends, workers, batch_sizes, repeats)
    return rows


def check_models(models: Sequence[str]) -> None:
    """Whether there are such networks.

    Raises:
        ValueError: if a name means none.
    """
    for model in models:
        if model != MOBILENET:
            weights_named(model)


def _measure_model(
    model: str, backends: Sequence[str], workers: dict[int, MeasuringProcess], batch_sizes: Sequence[int], repeats: int
) -> list[Measurement | NotMeasured]:
    rows: list[Measurement | NotMeasured] = []
    taken: dict[tuple[str, int, int], list[float]] = {}
    for backend, count, batch_size in product(backends, workers, batch_sizes):
        answer = workers[count].ask("prepare", model, backend, batch_size)
        if isinstance(answer, str):
            rows.append(NotMeasured(model, backend, count, batch_size, answer))
        else:
            taken[backend, count, batch_size] = []
    for _ in range(repeats):
        for (backend, count, batch_size), times in list(taken.items()):
            answer = workers[count].ask("run", model, backend, batch_size)
            if isinstance(answer, str):
                rows.append(NotMeasured(model, backend, count, batch_size, answer))
                del taken[backend, count, batch_size]
            else:
                times.append(answer)
    for worker in workers.values():
        worker.ask("forget")
    for (backend, count, batch_size), times in taken.items():
        rows.append(Measurement.of(model, backend, count, batch_size, times))
    return rows


@contextmanager
def _workers(threads: Sequence[int]) -> Iterator[dict[int, MeasuringProcess]]:
    workers: dict[int, MeasuringProcess] = {}
    try:
        for count in dict.fromkeys(threads):
            workers[count] = MeasuringProcess(count)
        yield workers
    finally:
        for worker in workers.values():
            worker.close()
