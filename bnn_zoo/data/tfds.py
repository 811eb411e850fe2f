"""`tfds:NAME`: a data set of TensorFlow Datasets, with pictures and classes; an optional dependency."""

from __future__ import annotations

import importlib
import io
import logging
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from types import SimpleNamespace
from typing import Any

from bnn_zoo._did_you_mean import did_you_mean
from bnn_zoo._error_words import in_one_line
from bnn_zoo._keras import tf
from bnn_zoo.data.encoded import EncodedPictures
from bnn_zoo.data.images import ImageError
from bnn_zoo.data.splits import chosen_split
from bnn_zoo.data.tf_records import RecordFiles
from bnn_zoo.download.retry import is_unresolved

#: What the source's name begins with.
TFDS = "tfds:"

#: Data sets that TensorFlow Datasets does not have, and the modules that teach it how they are prepared.
_OWN = {"voc_segmentation": "bnn_zoo.data.voc_segmentation"}

#: How often a broken connection is tried again, over 6 seconds in all. With the 10 times that are TensorFlow Datasets' own, a
#: machine that is offline hears of it after more than three minutes.
_RETRIES = 5


def tfds_splits(source: str) -> tuple[str, ...]:
    """The splits of a data set, which is prepared if need be, sorted.

    Raises:
        ValueError: there is no such data set.
        OSError: it could not be prepared.
        ImportError: TensorFlow Datasets is not installed.
    """
    return tuple(sorted(prepared(source).info.splits))


def open_tfds(source: str, split: str | None) -> EncodedPictures:
    """Opens a split of a data set, which is prepared if need be (TFDS_DATA_DIR says where).

    Pictures are read one by one and in any order, also from TFRecord files, which are not made for it: where a record begins is
    found out when the first one of its file is needed. To read one without a class, as publishers withhold them of their test
    splits, is a ValueError.

    Args:
        source: `tfds:NAME`, or `tfds:NAME/CONFIG:VERSION`, as TensorFlow Datasets names it.
        split: its name, or a slice as in "train[:10%]"; may be left out where there is one only.

    Raises:
        ValueError: there is no such data set or split, or it is not one of pictures with classes.
        OSError: it could not be prepared.
        ImportError: TensorFlow Datasets is not installed.
    """
    builder = prepared(source)
    image, label = _features(source, builder.info)
    name, part = part_of(builder, source, split)
    values = reader(builder, name, part, pictures=[image], numbers=[label])

    def shown(number: int) -> str:
        return f"{source} {name}, picture {number}"

    def read(number: int) -> tuple[bytes, int]:
        picture, kind = values(number)
        if kind < 0:
            # No ImageError, which may be skipped: a split without classes is so in all of its pictures.
            raise ValueError(f"{shown(number)}: has no class (its label is {kind}); take another split.")
        return picture, kind

    return EncodedPictures(
        source=source,
        class_names=tuple(map(str, builder.info.features[label].names)),
        count=part.num_examples,
        read=read,
        name=lambda number: f"{name} {number}",
        shown=shown,
    )


def prepared(source: str) -> Any:
    """The builder of a data set, which is prepared if need be.

    Raises:
        ValueError, OSError, ImportError: as `open_tfds`.
    """
    try:
        import tensorflow_datasets as tfds
    except ImportError as error:
        raise ImportError(
            f'source {source!r} needs TensorFlow Datasets ({in_one_line(error, 500)}): pip install "bnn-zoo[tfds]"'
        ) from error
    name = source.removeprefix(TFDS)
    own = _OWN.get(re.split("[/:]", name)[0])
    if own:
        importlib.import_module(own)  # which makes it known by its name
    try:
        builder = tfds.builder(name)
    except tfds.core.DatasetNotFoundError as error:
        advice = did_you_mean(
            name.partition("/")[0], tfds.list_builders(), "https://www.tensorflow.org/datasets/catalog lists all."
        )
        raise ValueError(f"source {source!r}: TensorFlow Datasets has no {name!r}. {advice}") from error
    except Exception as error:
        raise ValueError(f"source {source!r} is refused by TensorFlow Datasets: {in_one_line(error, 500)}") from error
    try:
        with _soon_offline(), _quietly():
            builder.download_and_prepare()
    except Exception as error:  # whatever its hundreds of builders raise
        reason = in_one_line(error, 500)
        if is_unresolved(error):
            reason = f"a server's name was not found ({reason}); is this machine online?"
        raise OSError(
            f"source {source!r} could not be prepared in {builder.data_dir}: {reason}\n"
            "Files that TensorFlow Datasets cannot download may be put into its folder downloads/manual by hand: see "
            "https://www.tensorflow.org/datasets/overview#manual_download. TFDS_DATA_DIR names another place for all of it."
        ) from error
    return builder


@contextmanager
def _soon_offline() -> Iterator[None]:
    """Lets TensorFlow Datasets give up a connection after `_RETRIES`. It has no setting for that, only a constant."""
    from tensorflow_datasets.core.download import downloader

    before = getattr(downloader, "MAX_RETRIES", None)
    downloader.MAX_RETRIES = _RETRIES
    try:
        yield
    finally:
        downloader.MAX_RETRIES = before


@contextmanager
def _quietly() -> Iterator[None]:
    """Keeps TensorFlow Datasets from standard output, where results go, and its bars from where nobody sees them move.

    In a terminal no bar stays. A connection that is tried again is told by the error, if that does not help either.
    """
    import tensorflow_datasets as tfds
    from tensorflow_datasets.core.utils import tqdm_utils

    seen = (sys.stderr is not None and sys.stderr.isatty()) or "ipykernel" in sys.modules
    bars, drawn = getattr(tqdm_utils, "_active", True), tqdm_utils.tqdm_lib
    kind: Any = drawn.tqdm

    class Passing(kind):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **{**options, "leave": False})

    retries, level = logging.getLogger("urllib3"), logging.getLogger("urllib3").level
    retries.setLevel(logging.ERROR)
    tfds.display_progress_bar(bars and seen)
    tqdm_utils.tqdm_lib = SimpleNamespace(tqdm=Passing)
    try:
        with redirect_stdout(sys.stderr if seen else io.StringIO()):
            yield
    finally:
        tqdm_utils.tqdm_lib = drawn
        tfds.display_progress_bar(bars)
        retries.setLevel(level)


def _features(source: str, info: Any) -> tuple[str, str]:
    """The names of the picture and of its class."""
    import tensorflow_datasets as tfds

    images, labels = features_of(info, tfds.features.Image), features_of(info, tfds.features.ClassLabel)
    if info.supervised_keys and len(info.supervised_keys) == 2:
        image, label = info.supervised_keys
        if image in images and label in labels:
            return image, label
    if len(images) != 1 or len(labels) != 1:
        raise ValueError(
            f"source {source!r} has the features {', '.join(info.features)}: needed are one of pictures and one of classes, "
            f"there are {len(images)} and {len(labels)}"
        )
    return images[0], labels[0]


def features_of(info: Any, kind: type) -> list[str]:
    """The names of a data set's features of one kind, which are exactly of its class."""
    return [name for name, feature in dict(info.features).items() if type(feature) is kind]


def part_of(builder: Any, source: str, split: str | None) -> tuple[str | None, Any]:
    """A split's name, and what TensorFlow Datasets knows of it.

    Raises:
        ValueError: there is no such split.
    """
    splits = builder.info.splits
    sliced = split is not None and split.partition("[")[0] in splits and "[" in split
    name = split if sliced else chosen_split(source, list(splits), split)
    try:
        return name, splits[name]
    except Exception as error:
        raise ValueError(f"split is {split!r}, which TensorFlow Datasets refuses: {in_one_line(error, 500)}") from error


def reader(
    builder: Any, split: str | None, part: Any, *, pictures: Sequence[str], numbers: Sequence[str] = ()
) -> Callable[[int], list[Any]]:
    """What reads an example by its number.

    Args:
        builder: of the data set.
        split: its name.
        part: what the builder knows of it.
        pictures: names of features that are given as bytes, still encoded.
        numbers: names of features that are whole numbers.

    Returns:
        From a number to the example's values, pictures first; raises ImageError. May be called from several threads.
    """
    if builder.info.file_format.value == "tfrecord":
        files = part.file_instructions
        records = RecordFiles([(f.filename, f.skip, f.examples_in_shard - f.skip if f.take == -1 else f.take) for f in files])

        def parsed(number: int) -> list[Any]:
            try:
                values = tf.train.Example.FromString(records.read(number)).features.feature
                encoded = [values[name].bytes_list.value[0] for name in pictures]
                return [*encoded, *(values[name].int64_list.value[0] for name in numbers)]
            except Exception as error:  # a damaged record is one of protobuf's errors, or lacks a value
                raise ImageError(f"{records.shown(number)}: {in_one_line(error, 500)}") from error

        return parsed
    import tensorflow_datasets as tfds

    # The other formats (array_record, parquet) are read in any order by TensorFlow Datasets itself.
    found = builder.as_data_source(split, decoders={name: tfds.decode.SkipDecoding() for name in pictures})

    def looked_up(number: int) -> list[Any]:
        example = found[number]
        return [*(example[name] for name in pictures), *(int(example[name]) for name in numbers)]

    return looked_up
