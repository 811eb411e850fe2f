"""How often a network is right."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from bnn_zoo._argument_checks import is_count
from bnn_zoo._cores import available_cores
from bnn_zoo._keras import keras
from bnn_zoo.data.datasets import open_dataset, scoring_split
from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.data.images import ImageError
from bnn_zoo.data.labels import checked_scores, class_labels, own_labels
from bnn_zoo.data.preprocessing import apply_preprocessing
from bnn_zoo.data.streamed_dataset import OnBad, StreamedDataset
from bnn_zoo.inference import labels_of, preprocessing_of


@dataclass(frozen=True)
class Evaluation:
    """What was measured.

    Args:
        top1: percent of the pictures whose class has the highest probability.
        top5: percent of the pictures whose class is among the five highest.
        pictures: how many were scored.
        seconds: for reading, preparing and predicting all of them.
        skipped: pictures that could not be read, each with the reason; of a data set in memory their names.
    """

    top1: float
    top5: float
    pictures: int
    seconds: float
    skipped: tuple[str, ...] = ()


def evaluate(
    model: keras.Model,
    data: ImageDataset | StreamedDataset | str | os.PathLike[str],
    *,
    split: str | None = None,
    labels: Sequence[str] | None = None,
    batch_size: int = 100,
    on_bad: OnBad = "stop",
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Evaluation:
    """Scores a network on labelled pictures, prepared as its weight set says.

    Args:
        model: a network with class probabilities.
        data: a data set; or what `bnn_zoo.data.open_dataset` takes as its source, of which a batch is read at a time.
        split: of a source; if not given "test", or else one that begins with "val", where there are splits.
        labels: class names of the model's outputs; those of its weight set if not given.
        batch_size: pictures a step.
        on_bad: "stop" at a picture that cannot be read, or "skip" it and name it in the result. A data set knows for itself.
        progress: called with the pictures done and all pictures.

    Returns:
        The accuracies.

    Raises:
        TypeError: if `model` is no keras.Model.
        ValueError: if a class of the data is none of the model's, the model gives no classes of pictures, NaN, or another number of
            classes than there are labels, no picture can be read, or a batch has none.
        ImageError: if a picture cannot be read (with on_bad="stop").
    """
    if not isinstance(model, keras.Model):
        raise TypeError(f"model is {model!r:.60}; it must be a keras.Model, as create_model gives it.")
    if not is_count(batch_size):
        raise ValueError(f"batch_size is {batch_size!r}; it must be a whole number above 0.")
    if not isinstance(model.output_shape, tuple) or len(model.output_shape) != 2:  # of several outputs it is a list
        raise ValueError(f"{model.name} gives {model.output_shape}; scored are networks that give the classes of pictures.")
    start = time.perf_counter()
    names = labels_of(model) if labels is None else own_labels(labels)
    settings = preprocessing_of(model)
    skipped: list[str] = []
    right1 = right5 = done = 0
    with _batches(data, split, batch_size, on_bad, skipped) as (class_names, total, batches):
        outputs = _outputs_of(class_names, names)
        for images, classes in batches:
            scores = checked_scores(model.predict_on_batch(apply_preprocessing(images, settings)), names)
            right = outputs[classes]
            # Ties go to the lower index, as they do in decode_predictions.
            order = np.argsort(-scores, axis=1, kind="stable")[:, :5]
            right1 += int((order[:, 0] == right).sum())
            right5 += int((order == right[:, None]).any(axis=1).sum())
            done += len(images)
            progress(done + len(skipped), total)
    if not done:
        raise ValueError(f"none of the {total} pictures could be read.")
    return Evaluation(100 * right1 / done, 100 * right5 / done, done, time.perf_counter() - start, tuple(skipped))


def _outputs_of(class_names: Sequence[str], labels: Sequence[str]) -> np.ndarray:
    """For each class of the data, which of the model's outputs is its."""
    # By their exact names, or else without case and punctuation: that is refused where it makes one of two classes, C of C and C++.
    for spelled in (str, _plain):
        outputs: dict[str, list[int]] = {}
        for index, label in enumerate(labels):
            outputs.setdefault(spelled(label), []).append(index)
        found = [outputs.get(spelled(name), []) for name in class_names]
        if all(len(indices) == 1 for indices in found) and len({indices[0] for indices in found}) == len(class_names):
            return np.array([indices[0] for indices in found])
    are_ids = len(class_names) == len(labels) and all(re.fullmatch(r"n\d{8}", name) for name in class_names)
    if are_ids and tuple(labels) == class_labels("imagenet"):
        # ImageNet's folders are named by WordNet ids, whose order is that of the outputs.
        return np.argsort(np.argsort(class_names))
    foreign = [name for name, indices in zip(class_names, found, strict=True) if not indices]
    if foreign:
        problem = f"the class {foreign[0]!r} of the data is none of the model's {len(labels)} ({', '.join(labels[:5])}, ...)"
    else:
        problem = f"which of the model's classes is which of the data's ({', '.join(class_names[:5])}, ...) is not clear"
    raise ValueError(f"{problem}; name the folders as the model names its classes (from Python, labels=[...] does as well).")


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name).strip().lower()


@contextmanager
def _batches(
    data: Any, split: str | None, batch_size: int, on_bad: OnBad, skipped: list[str]
) -> Iterator[tuple[Sequence[str], int, Iterator[tuple[Any, np.ndarray]]]]:
    """Class names, number of pictures, and batches of (pictures, classes)."""
    if not isinstance(data, (ImageDataset, StreamedDataset)):
        data = open_dataset(data, split or scoring_split(data), on_bad, streaming=True)
    if isinstance(data, ImageDataset):
        skipped.extend(data.skipped)
        starts = range(0, len(data), batch_size)
        in_memory = ((data.images[i : i + batch_size], data.labels[i : i + batch_size]) for i in starts)
        yield data.class_names, len(data) + len(data.skipped), in_memory
        return
    with ThreadPoolExecutor(available_cores()) as pool:
        yield data.class_names, len(data), _decoded(data, pool, batch_size, skipped)


def _decoded(
    pictures: StreamedDataset, pool: ThreadPoolExecutor, batch_size: int, skipped: list[str]
) -> Iterator[tuple[list[np.ndarray], np.ndarray]]:
    """Batches of decoded pictures; the next batch is decoded while the caller works on this one."""

    def start(first: int) -> list[Future[tuple[np.ndarray, int]]]:
        return [pool.submit(pictures.read, i) for i in range(first, min(first + batch_size, len(pictures)))]

    waiting = start(0)
    for first in range(0, len(pictures), batch_size):
        current, waiting = waiting, start(first + batch_size)
        images, classes = [], []
        for future in current:
            try:
                image, label = future.result()
                images.append(image)
                classes.append(label)
            except ImageError as error:
                if pictures.on_bad == "stop":
                    raise
                skipped.append(str(error))
        if images:
            yield images, np.array(classes)
