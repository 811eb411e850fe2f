"""Many picture files through a runtime: decoded in parallel, run in batches, in constant memory."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from bnn_zoo.data.images import ImageError, read_image
from bnn_zoo.deploy.runtime import Runtime


@dataclass(frozen=True)
class Prediction:
    """A picture and what the network says of it.

    Args:
        path: of the file.
        output: float32, (classes,), or features (height, width, channels).
    """

    path: Path
    output: np.ndarray


@dataclass(frozen=True)
class Failure:
    """A picture that cannot be read.

    Args:
        path: of the file.
        message: one line, with the path.
    """

    path: Path
    message: str


def predict_pictures(
    runtime: Runtime,
    paths: Iterable[str | os.PathLike[str]],
    prepare: Callable[[np.ndarray], np.ndarray],
    *,
    batch_size: int = 8,
    workers: int | None = None,
) -> Iterator[Prediction | Failure]:
    """Runs a network on picture files.

    Threads decode and prepare while the network runs; with OpenVINO as many batches are under way as there are cores. Only a few
    batches are held at a time, however many files there are.

    Args:
        runtime: from `bnn_zoo.deploy.compile`.
        paths: of the files; `bnn_zoo.data.find_images` lists a folder's.
        prepare: from uint8 RGB (height, width, 3) to what the network takes, with or without a batch of one in front:
            `functools.partial(bnn_zoo.preprocess, model=model)`.
        batch_size: pictures that are run together.
        workers: threads that decode; the number of cores if not given.

    Yields:
        A prediction or a failure for each path, in the order of the paths.

    Raises:
        ValueError: if `batch_size` or `workers` is below 1, or the prepared pictures do not fit the network.
    """
    workers = workers or os.cpu_count() or 1
    if batch_size < 1 or workers < 1:
        raise ValueError(f"batch_size is {batch_size} and workers is {workers}; both must be whole numbers above 0.")
    waiting: deque[list[Path | Failure]] = deque()

    def batches() -> Iterator[np.ndarray]:
        entries: list[Path | Failure] = []
        pictures: list[np.ndarray] = []
        for path, outcome in _decoded(paths, prepare, workers, ahead=2 * batch_size + workers):
            if isinstance(outcome, Failure):
                entries.append(outcome)
                continue
            entries.append(path)
            pictures.append(outcome)
            if len(pictures) == batch_size:
                waiting.append(entries)
                yield np.stack(pictures)
                entries, pictures = [], []
        if entries:
            waiting.append(entries)
        if pictures:
            yield np.stack(pictures)

    for outputs in _run(runtime, batches(), batch_size):
        rows = iter(outputs)
        for entry in waiting.popleft():
            yield entry if isinstance(entry, Failure) else Prediction(entry, next(rows))
    for entry in chain.from_iterable(waiting):
        assert isinstance(entry, Failure)
        yield entry


def _run(runtime: Runtime, batches: Iterator[np.ndarray], batch_size: int) -> Iterator[np.ndarray]:
    stream: Callable[..., Iterator[np.ndarray]] | None = getattr(runtime, "predict_stream", None)
    if stream is not None:
        yield from stream(batches)
    else:
        for batch in batches:
            yield runtime.predict(batch, batch_size=batch_size)


def _decoded(
    paths: Iterable[str | os.PathLike[str]], prepare: Callable[[np.ndarray], np.ndarray], workers: int, ahead: int
) -> Iterator[tuple[Path, np.ndarray | Failure]]:
    def decode(path: Path) -> np.ndarray | Failure:
        try:
            picture = read_image(path)
        except ImageError as error:
            return Failure(path, str(error))
        prepared: Any = prepare(picture)
        return np.asarray(prepared, np.float32).reshape(np.shape(prepared)[-3:])

    remaining = map(Path, paths)
    with ThreadPoolExecutor(workers, thread_name_prefix="decode") as pool:
        under_way: deque[tuple[Path, Future[np.ndarray | Failure]]] = deque(
            (path, pool.submit(decode, path)) for path in islice(remaining, ahead)
        )
        try:
            while under_way:
                path, future = under_way.popleft()
                outcome = future.result()
                under_way.extend((following, pool.submit(decode, following)) for following in islice(remaining, 1))
                yield path, outcome
        finally:
            for _, future in under_way:
                future.cancel()
