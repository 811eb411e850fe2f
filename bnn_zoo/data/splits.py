"""Parts of a data set: those that it comes with, and those that are taken out of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from bnn_zoo._argument_checks import is_count
from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.data.mask_dataset import MaskDataset
from bnn_zoo.data.streamed_dataset import StreamedDataset

_Pictures = TypeVar("_Pictures", bound="ImageDataset | StreamedDataset | MaskDataset")


def chosen_split(source: str, splits: Sequence[str], split: str | None) -> str | None:
    """The split that is meant: the one that was asked for, or the only one there is; None where there are none.

    Raises:
        ValueError: there is no such split, or `split` is None and there are several.
    """
    listed = ", ".join(map(repr, sorted(splits)))
    if split is None:
        if len(splits) > 1:
            raise ValueError(f"split is None and source {source!r} has the splits {listed}: pass one of them")
        return splits[0] if splits else None
    if not splits:
        raise ValueError(f"split is {split!r} but source {source!r} has no splits, only classes: leave split out")
    if split not in splits:
        raise ValueError(f"split is {split!r}; source {source!r} has the splits {listed}: pass one of them")
    return split


def split_off(dataset: _Pictures, count: int, seed: int) -> tuple[_Pictures, _Pictures]:
    """Takes pictures out of a data set at random, from each class its share.

    Args:
        dataset: what to divide. Where the classes are known only when the pictures are read (a streamed data set of TensorFlow
            Datasets), pictures are taken regardless of their class.
        count: how many pictures to take out, at least 1 and fewer than there are.
        seed: the same seed takes out the same pictures.

    Returns:
        (rest, held-out), each in the order of `dataset`. `skipped` of one in memory stays with the rest.

    Raises:
        ValueError: `count` is no whole number, or out of range.
    """
    total = len(dataset)
    if not is_count(count) or count >= total:
        raise ValueError(f"count is {count}; a whole number from 1 to {total - 1} of the {total} pictures can be split off")
    labels = np.zeros(total, np.int64) if dataset.labels is None else dataset.labels
    sizes = np.bincount(labels, minlength=len(dataset.class_names))
    # Largest remainders, in whole numbers: exact, and never more than a class has.
    shares, remainders = np.divmod(sizes * count, total)
    shares[np.argsort(-remainders, kind="stable")[: count - shares.sum()]] += 1
    generator = np.random.default_rng(seed)
    held_out = np.zeros(total, bool)
    for label, share in enumerate(shares):
        held_out[generator.permutation(np.flatnonzero(labels == label))[:share]] = True
    rest, out = dataset.part(~held_out, with_skipped=True), dataset.part(held_out, with_skipped=False)
    return rest, out  # type: ignore[return-value]  # a part is of the kind of its whole
