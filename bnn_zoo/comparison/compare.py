"""`bnn_zoo.compare`: from names to a comparison."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from bnn_zoo._error_words import first_line
from bnn_zoo._keras import keras
from bnn_zoo.comparison.figures import figures_from
from bnn_zoo.comparison.latency import check_backends, measure_latency
from bnn_zoo.comparison.progress import Bar, progress_bar
from bnn_zoo.comparison.result import Comparison
from bnn_zoo.comparison.row import NetworkRow, published_accuracy
from bnn_zoo.comparison.subjects import Shape, Spec, Subject, find_subjects
from bnn_zoo.data.labels import own_labels
from bnn_zoo.deploy.timing import Measurement
from bnn_zoo.hub.attached import weight_set_of

if TYPE_CHECKING:
    from bnn_zoo.data.image_dataset import ImageDataset
    from bnn_zoo.data.streamed_dataset import OnBad, StreamedDataset
    from bnn_zoo.evaluation import Evaluation


def compare(
    models: Spec | Iterable[Spec] | None = None,
    *,
    input_shape: Shape | None = None,
    latency: Sequence[str] = (),
    data: ImageDataset | StreamedDataset | str | os.PathLike[str] | None = None,
    split: str | None = None,
    labels: Sequence[str] | None = None,
    on_bad: OnBad = "stop",
    threads: int | None = None,
    repeats: int = 30,
    progress: bool = True,
) -> Comparison:
    """Compares networks: sizes, operations, memory, accuracies, latencies.

    What cannot change is known of the zoo's networks without building them, so that without `latency`, `data` and `input_shape` the
    whole zoo takes a moment and no TensorFlow. After each network that is built for a measurement Keras's session is cleared, which
    frees its memory, and lets the numbers in layers' names begin anew.

    Args:
        models: names ("birealnet"), patterns ("*densenet*"), weight sets ("quicknet.imagenet", a folder, USER/REPO), and any
            functional or sequential keras.Model, with larq layers or without. All networks of the zoo if not given.
        input_shape: (height, width, channels) to compare all of them at; each network's own if not given. Accuracies that were
            reported for another size are left out.
        latency: backends to measure on this machine: "keras", "openvino", "lce".
        data: labelled pictures to score networks with weights on, see `bnn_zoo.evaluate`.
        split: of the data.
        labels: class names of the outputs, for models whose weight set has none; the others keep their own.
        on_bad: "stop" at a picture that cannot be read, or "skip" it and say so in the notes. A data set knows for itself.
        threads: of OpenVINO and LCE; all cores if not given.
        repeats: runs of each latency.
        progress: whether a terminal shows a bar while something is measured.

    Returns:
        The comparison: `print` it, or call its `table`, `plot`, `to_html`, `to_dataframe`, `to_json`, `to_markdown`.

    Raises:
        ValueError: for an unknown name or backend, a model that does not take `input_shape`, data without pictures by class, or
            `labels` that are one text.
        ImageError: if a picture cannot be read (with on_bad="stop").
        TypeError: for something that is no network, or one with operations that cannot be counted, see `read_layers`.
        WeightsError: if weights that are to be scored cannot be had.
        MissingBackendError: if a backend is not installed.
        OSError: if the data cannot be read.
    """
    if isinstance(latency, str):
        latency = [latency]
    latency = list(dict.fromkeys(latency))
    check_backends(latency, threads, repeats)
    subjects = find_subjects(models, input_shape)
    for subject in subjects:
        if subject.model is not None:
            _ = subject.layers  # what cannot be read shows before anything is measured
    if labels is not None:
        labels = own_labels(labels)
    if isinstance(data, (str, os.PathLike)):
        data = _opened(data, split, on_bad)
    rows = []
    with progress_bar(progress and bool(latency or data is not None), len(subjects)) as bar:
        for subject in subjects:
            bar.next(subject.name)
            rows.append(_row(subject, bar, latency, threads, repeats, data, labels))
    return Comparison(tuple(rows))


def _opened(data: str | os.PathLike[str], split: str | None, on_bad: OnBad) -> Any:
    """The data, opened once for all networks, so that what is wrong with it shows before anything is measured."""
    from bnn_zoo.data import open_dataset, scoring_split

    return open_dataset(data, split or scoring_split(data), on_bad, streaming=True)


def _row(
    subject: Subject,
    bar: Bar,
    latency: Sequence[str],
    threads: int | None,
    repeats: int,
    data: Any,
    labels: Sequence[str] | None,
) -> NetworkRow:
    layers = subject.layers
    latencies: tuple[Measurement, ...] = ()
    measured: Evaluation | None = None
    notes: tuple[str, ...] = ()
    scored = data is not None and subject.is_trained
    if data is not None and not scored:
        notes += ("accuracy not measured: it has no weights; name a weight set, as `bnn-zoo list --weights` shows them",)
    if latency or scored:
        model = subject.build(trained=scored)
        if scored:  # first, for a picture that cannot be read ends it all
            measured, notes = _score(model, data, bar, subject.name, labels)
        if latency:
            bar.start(f"{subject.name}: latency", repeats)
            latencies, told = measure_latency(subject.name, model, latency, threads=threads, repeats=repeats, tick=bar.advance)
            notes += told
        if subject.model is None:
            del model
            keras.backend.clear_session()
    return NetworkRow(
        subject.name,
        figures_from(layers),
        layers,
        architecture=subject.entry,
        weights=subject.weights,
        published=None if subject.is_resized else published_accuracy(subject.entry, subject.weights),
        measured=measured,
        latencies=latencies,
        notes=notes,
    )


def _score(model: Any, data: Any, bar: Bar, name: str, labels: Sequence[str] | None) -> tuple[Evaluation | None, tuple[str, ...]]:
    from bnn_zoo.data.images import ImageError
    from bnn_zoo.evaluation import evaluate  # decodes pictures, which nobody else here needs

    weights = weight_set_of(model)
    bar.start(f"{name}: accuracy", None)
    try:
        found = evaluate(model, data, labels=labels if weights is None or weights.labels is None else None, progress=bar.at)
    except ImageError:  # of the data, and so of all networks
        raise
    except ValueError as error:  # classes of another data set, or outputs of another kind; the other networks may fit
        return None, (f"accuracy not measured: {first_line(error)}",)
    bad = found.skipped
    if not bad:
        return found, ()
    return found, (f"accuracy without {len(bad)} of {found.pictures + len(bad)} pictures, which could not be read: {bad[0]}",)
