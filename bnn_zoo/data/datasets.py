"""Labelled pictures from whatever they come in."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from bnn_zoo._argument_checks import are_counts
from bnn_zoo._user_path import user_path
from bnn_zoo.data.by_class import open_by_class, splits_by_class
from bnn_zoo.data.cifar10 import cifar10_splits, is_cifar10_binary, load_cifar10_binary, refuse_pickled
from bnn_zoo.data.encoded import EncodedPictures
from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.data.in_memory import DifferentSizesError, into_memory
from bnn_zoo.data.published import PUBLISHED, published_file
from bnn_zoo.data.resizing import fitted
from bnn_zoo.data.splits import chosen_split
from bnn_zoo.data.streamed_dataset import OnBad, StreamedDataset
from bnn_zoo.data.tfds import TFDS, open_tfds, tfds_splits

#: Bytes of decoded pictures up to which streaming="auto" takes them into memory.
_IN_MEMORY = 2**31


def load_dataset(
    source: str | os.PathLike[str],
    split: str | None = None,
    size: tuple[int, int] | None = None,
    on_bad: OnBad = "stop",
) -> ImageDataset:
    """Reads labelled pictures into memory.

    Args:
        source: one of
            - a folder or a .zip (read in memory, never unpacked to disk) with the pictures as `<split>/<class>/<picture>` or
              `<class>/<picture>`, in one more common folder or not; hidden files and those with an ending of no picture format are
              passed over;
            - CIFAR-10's binary version (see `load_cifar10_binary`);
            - "cifar10", where there is no file or folder of that name: the same, downloaded from its publishers once;
            - "tfds:NAME": a data set of TensorFlow Datasets, prepared by it if need be, as in "tfds:imagenet2012".
        split: the part to read, for instance "train" or "test"; may be left out where there is one part only. Of TensorFlow
            Datasets also a slice, as in "train[:10%]".
        size: (height, width) of the pictures returned: each is cropped to its square centre and resized (bicubic, antialiased).
            None takes the pictures as they are, which have to be all of one size.
        on_bad: "stop" at a picture that cannot be read, or "skip" it and name it in the result's `skipped`.

    Returns:
        The pictures, always in the same order: in a folder or a .zip sorted by class name and file name. The classes are those of
        all splits together, so that a label means the same in each.

    Raises:
        ValueError: `source` holds no pictures by class, `split` is none of its splits, the pictures are of different sizes and
            `size` is None, or an argument is not allowed.
        ImageError: a picture cannot be read (with on_bad="stop"); the message names it and the reason.
        OSError: there is no `source`, or it could not be downloaded; the message says where it may be put by hand.
        ImportError: TensorFlow Datasets is not installed.
    """
    if size is not None:
        if not are_counts(size, 2):
            raise ValueError(f"size is {size!r}; it has to be (height, width), two whole numbers above 0, or None")
        size = int(size[0]), int(size[1])
    found = _opened(source, split, on_bad)
    if isinstance(found, StreamedDataset):
        return into_memory(found, size)
    if size is None:
        return found
    return ImageDataset(np.stack([fitted(image, size) for image in found.images]), found.labels, found.class_names)


def open_dataset(
    source: str | os.PathLike[str],
    split: str | None = None,
    on_bad: OnBad = "stop",
    streaming: bool | Literal["auto"] = "auto",
) -> ImageDataset | StreamedDataset:
    """Labelled pictures of any number and sizes: in memory where they fit, else read when they are needed.

    Args:
        source: as `load_dataset` takes it.
        split: likewise.
        on_bad: likewise. Of a data set that is streamed, `skipped` grows as pictures are read.
        streaming: whether pictures stay where they are until they are needed. "auto" takes them into memory if they are all of one
            size and of at most 2 GiB. CIFAR-10's binary version always goes into memory.

    Returns:
        The pictures, in the order of `load_dataset`.

    Raises:
        ValueError: as `load_dataset`, but for pictures of different sizes, which are streamed.
        ImageError: one cannot be read (with on_bad="stop").
        OSError: there is no `source`, or it could not be downloaded.
        ImportError: TensorFlow Datasets is not installed.
    """
    if streaming not in (True, False, "auto"):
        raise ValueError(f'streaming is {streaming!r}; it has to be True, False or "auto"')
    found = _opened(source, split, on_bad)
    if isinstance(found, ImageDataset) or streaming is True:
        return found
    if streaming is False:
        return into_memory(found, None)
    first, _ = found.instead(0, found.read)
    if len(found) * first.size > _IN_MEMORY:
        return found
    try:
        return into_memory(found, None)
    except DifferentSizesError:
        return found


def split_names(source: str | os.PathLike[str]) -> tuple[str, ...]:
    """The splits that a source of labelled pictures has, sorted; empty where it has classes only. Nothing is downloaded for it.

    Args:
        source: as `load_dataset` takes it.

    Raises:
        ValueError: `source` holds no pictures by class.
        OSError: there is no `source`.
        ImportError: TensorFlow Datasets is not installed.
    """
    text = os.fspath(source)
    if text.startswith(TFDS):
        return tfds_splits(text)
    if text in PUBLISHED and not user_path(source).exists():
        return PUBLISHED[text].splits
    path = _located(source)
    if is_cifar10_binary(path):
        return cifar10_splits(path)
    refuse_pickled(path)
    return splits_by_class(path)


def check_source(source: str | os.PathLike[str], split: str | None = None, scoring: bool = False) -> str | None:
    """Whether there are such pictures, as far as it shows without a download and without TensorFlow.

    Args:
        source: as `load_dataset` takes it; of TensorFlow Datasets nothing is checked.
        split: what was asked for, if anything.
        scoring: whether they are for scoring, so that without a split there must be one for it.

    Returns:
        What was asked for, or the split for scoring, so that nobody has to list the source for it again.

    Raises:
        ValueError: `source` holds no pictures by class, `split` is none of its splits, or as `scoring_split`.
        OSError: there is no `source`.
    """
    text = os.fspath(source)
    if text.startswith(TFDS):
        return split
    splits = split_names(source)
    if split is not None:
        return chosen_split(text, splits, split)
    return _scored(text, splits) if scoring else None


def training_split(source: str | os.PathLike[str], split: str | None = None) -> str | None:
    """The split to train on.

    Args:
        source: as `load_dataset` takes it.
        split: what was asked for, if anything; a slice of TensorFlow Datasets too, as in "train[:90%]".

    Returns:
        What was asked for, which `load_dataset` refuses if there is no such split; else "train" where there is one; else None, for
        which `load_dataset` takes the only part that there is, and refuses several.

    Raises:
        ValueError, OSError, ImportError: as `split_names`.
    """
    if split is None and "train" in split_names(source):
        return "train"
    return split


def scoring_split(source: str | os.PathLike[str]) -> str | None:
    """The split of a source that is for scoring: "test", or else one that begins with "val"; None where there are no splits.

    Args:
        source: as `load_dataset` takes it.

    Raises:
        ValueError: if there are splits, but none of these; or as `split_names`.
        OSError, ImportError: as `split_names`.
    """
    return _scored(os.fspath(source), split_names(source))


def default_name(source: str | os.PathLike[str]) -> str:
    """What results and model cards call data that nobody has named: the data set's name, or the folder's or file's, without .zip.

    Args:
        source: as `load_dataset` takes it; it need not exist.
    """
    text = os.fspath(source)
    return text.removeprefix(TFDS) if text.startswith(TFDS) else user_path(source).absolute().name.removesuffix(".zip")


def _scored(source: str, splits: Sequence[str]) -> str | None:
    for_scoring = [*(name for name in splits if name == "test"), *(name for name in splits if name.startswith("val"))]
    if not for_scoring and len(splits) > 1:
        raise ValueError(f"{source} has the splits {', '.join(splits)}; say which with split=... (--split).")
    return next(iter((*for_scoring, *splits)), None)


def _opened(source: str | os.PathLike[str], split: str | None, on_bad: OnBad) -> ImageDataset | StreamedDataset:
    if on_bad not in ("skip", "stop"):
        raise ValueError(f"on_bad is {on_bad!r}; it has to be 'skip' or 'stop'")
    if os.fspath(source).startswith(TFDS):
        return _streamed(open_tfds(os.fspath(source), split), on_bad)
    path = _located(source)
    if is_cifar10_binary(path):
        return load_cifar10_binary(path, chosen_split(str(path), cifar10_splits(path), split))
    refuse_pickled(path)
    return _streamed(open_by_class(path, split), on_bad)


def _streamed(pictures: EncodedPictures, on_bad: OnBad) -> StreamedDataset:
    return StreamedDataset(pictures, on_bad, np.arange(pictures.count))


def _located(source: str | os.PathLike[str]) -> Path:
    path = user_path(source)
    if path.exists():
        return path
    if os.fspath(source) in PUBLISHED:  # cifar10/ is a folder
        return published_file(os.fspath(source))
    downloaded = ", ".join(map(repr, PUBLISHED))
    raise FileNotFoundError(
        f"source {os.fspath(source)!r}: no such file or folder; what is no path is {downloaded} (downloaded from its publishers) "
        f"or {TFDS}NAME (TensorFlow Datasets)"
    )
