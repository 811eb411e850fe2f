"""Class names, and from probabilities to the classes that a network holds likeliest."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import cache
from importlib import resources

import numpy as np

_LABEL_SETS = ("cifar10", "imagenet")


@cache
def class_labels(name: str) -> tuple[str, ...]:
    """The class names of a data set, in the order of a network's outputs.

    Args:
        name: "imagenet" (the 1,000 classes of ILSVRC 2012, in the order of their WordNet ids) or "cifar10".

    Returns:
        One distinct name a class.

    Raises:
        ValueError: there are no labels of that name.
    """
    if name not in _LABEL_SETS:
        raise ValueError(
            f"name is {name!r}; there are labels for {', '.join(map(repr, _LABEL_SETS))}: "
            "for another data set pass a list of class names of your own where labels are asked for"
        )
    text = resources.files("bnn_zoo.data").joinpath("labels").joinpath(f"{name}.txt").read_text(encoding="utf-8")
    return tuple(text.splitlines())


def own_labels(labels: Sequence[str]) -> tuple[str, ...]:
    """Class names as a caller gives them.

    Raises:
        ValueError: `labels` is one text, whose letters would be the names.
    """
    if isinstance(labels, str):
        advice = f": class_labels({labels!r}) of bnn_zoo.data has them" if labels in _LABEL_SETS else ""
        raise ValueError(f"labels is {labels!r:.60}; it has to be a list of class names, as in ['cat', 'dog']{advice}")
    return tuple(labels)


def checked_scores(probabilities: np.ndarray, labels: Sequence[str]) -> np.ndarray:
    """A network's outputs as float64, if they are scores of these classes: numbers that can be ordered, one a class.

    Args:
        probabilities: (batch, classes) or (classes,).
        labels: a name for each class.

    Raises:
        ValueError: `probabilities` has another shape, or NaN in it, or its classes are not as many as `labels`.
    """
    scores = np.asarray(probabilities, dtype=np.float64)
    if scores.ndim not in (1, 2):
        raise ValueError(
            f"probabilities has shape {scores.shape}; allowed is (batch, classes) or (classes,): "
            "was the network built with include_top=False, or does it give the classes of pixels?"
        )
    if scores.shape[-1] != len(labels):
        raise ValueError(
            f"probabilities has {scores.shape[-1]} classes (shape {scores.shape}) and labels has {len(labels)} names; "
            "they have to be as many: pass the class names of the data set that the network was trained on"
        )
    if np.isnan(scores).any():
        raise ValueError(
            "probabilities has NaN in it; allowed are numbers that can be ordered: check that the pictures were "
            "preprocessed and that the weights are intact"
        )
    return scores


def top_classes(probabilities: np.ndarray, labels: Sequence[str], top: int = 5) -> list[list[tuple[str, float]]]:
    """Names the likeliest classes of each picture.

    Args:
        probabilities: (batch, classes), or (classes,) for a single picture. Logits do as well: only their order
            counts, and they are handed back as they are.
        labels: a name for each class, in the order of the columns.
        top: how many classes to name, at least 1; all of them if there are fewer.

    Returns:
        For each picture a list of (class name, probability), the highest first; equal ones in the order of classes.

    Raises:
        ValueError: `probabilities` has another shape, or NaN in it, its classes are not as many as `labels`, `labels` is
            one text, or `top` is below 1.
    """
    labels = own_labels(labels)
    scores = checked_scores(probabilities, labels)
    if operator.index(top) < 1:
        raise ValueError(f"top is {top}; it has to be at least 1")
    best = np.argsort(-np.atleast_2d(scores), axis=1, kind="stable")[:, :top]
    return [
        [(labels[int(index)], float(row[index])) for index in order] for row, order in zip(np.atleast_2d(scores), best, strict=True)
    ]
