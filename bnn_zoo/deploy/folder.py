"""Many picture files through a runtime: decoded in parallel, run in batches, in constant memory."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from bnn_zoo._argument_checks import is_count
from bnn_zoo._cores import available_cores
from bnn_zoo.data.images import ImageError, read_image
from bnn_zoo.deploy.pieces import filled
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
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    prepare: Callable[[list[np.ndarray]], np.ndarray],
    *,
    batch_size: int = 8,
    workers: int | None = None,
) -> Iterator[Prediction | Failure]:
    """Runs a network on picture files.

    Threads decode and prepare while the network runs; with OpenVINO as many batches are under way as there are cores. Only a few
    batches are held at a time, however many files there are.

    Args:
        runtime: from `bnn_zoo.deploy.compile`.
        paths: of the files, or of a single one; `bnn_zoo.data.find_images` lists a folder's.
        prepare: from a list of pictures, uint8 RGB (height, width, 3), to what the network takes (batch, height, width, channels):
            `functools.partial(bnn_zoo.preprocess, model=model)`. Called by several threads at once.
        batch_size: pictures that are run together.
        workers: threads that decode; the number of available cores if not given.

    Yields:
        A prediction or a failure for each path, in the order of the paths.

    Raises:
        ValueError: if `batch_size` or `workers` is no whole number above 0, or the prepared pictures are not as many, or do not fit
            the network.
    """
    workers = available_cores() if workers is None else workers
    if not is_count(batch_size) or not is_count(workers):
        raise ValueError(f"batch_size is {batch_size!r} and workers is {workers!r}; both must be whole numbers above 0.")
    if isinstance(paths, (str, os.PathLike)):
        paths = [paths]
    waiting: deque[list[Path | Failure]] = deque()

    def batches() -> Iterator[np.ndarray | None]:
        for number, (chunk, pictures) in enumerate(_decoded(paths, prepare, batch_size, workers)):
            waiting.append(chunk)
            # A batch of another size would have to be compiled for; only where there is one chunk is it worth it.
            whole = number or len(chunk) == batch_size
            yield (filled(pictures, batch_size) if whole else pictures) if len(pictures) else None

    for outputs in _run(runtime, batches(), batch_size):
        rows = iter(() if outputs is None else outputs)
        for entry in waiting.popleft():
            yield entry if isinstance(entry, Failure) else Prediction(entry, next(rows))


def _run(runtime: Runtime, batches: Iterator[np.ndarray | None], batch_size: int) -> Iterator[np.ndarray | None]:
    stream: Callable[..., Iterator[np.ndarray | None]] | None = getattr(runtime, "predict_stream", None)
    if stream is not None:
        yield from stream(batches)
    else:
        for batch in batches:
            yield None if batch is None else runtime.predict(batch, batch_size=batch_size)


def _decoded(
    paths: Iterable[str | os.PathLike[str]], prepare: Callable[[list[np.ndarray]], np.ndarray], batch_size: int, workers: int
) -> Iterator[tuple[list[Path | Failure], np.ndarray]]:
    """Chunk after chunk of `batch_size` paths: what became of each, and the pictures of those that are whole."""

    def decode(chunk: list[Path]) -> tuple[list[Path | Failure], np.ndarray]:
        entries: list[Path | Failure] = []
        pictures = []
        for path in chunk:
            try:
                pictures.append(read_image(path))
                entries.append(path)
            except ImageError as error:
                entries.append(Failure(path, str(error)))
        if not pictures:
            return entries, np.empty(0, np.float32)
        prepared = np.asarray(prepare(pictures), np.float32)
        if prepared.shape[:1] != (len(pictures),):
            raise ValueError(
                f"prepare gave {prepared.shape} for {len(pictures)} pictures; it must give one for each, in their order."
            )
        return entries, prepared

    remaining = map(Path, paths)
    chunks = iter(lambda: list(islice(remaining, batch_size)), [])
    with ThreadPoolExecutor(workers, thread_name_prefix="decode") as pool:
        under_way = deque(pool.submit(decode, chunk) for chunk in islice(chunks, workers + 1))
        try:
            while under_way:
                decoded = under_way.popleft().result()
                under_way.extend(pool.submit(decode, chunk) for chunk in islice(chunks, 1))
                yield decoded
        finally:
            for future in under_way:
                future.cancel()
