"""Labelled pictures from folders and archives: a picture's class is the folder it lies in."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np
from PIL import Image

from bnn_zoo.data.cifar10 import cifar10_splits, is_cifar10_binary, load_cifar10_binary, refuse_pickled
from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.data.images import ImageError, decode_image, find_images, image_endings

# In a tree of one folder of classes these names make it a split; any other makes it just the folder all lies in.
_SPLIT_NAMES = frozenset({"train", "training", "test", "testing", "val", "valid", "validation", "dev", "eval"})
_LAYOUTS = "<split>/<class>/<picture> or <class>/<picture>"
_LARGEST_ENTRY = 2**28  # bytes: no single picture needs more, a zip bomb does
_PICTURES_A_TASK = 256

_Names = list[tuple[str, ...]]


def load_dataset(
    source: str | os.PathLike[str],
    split: str | None = None,
    size: tuple[int, int] | None = None,
    on_bad: Literal["skip", "stop"] = "stop",
) -> ImageDataset:
    """Reads labelled pictures from whatever they come in.

    Args:
        source: a folder or a .zip of pictures by class (see `load_images_by_class`), or CIFAR-10's binary version (see
            `load_cifar10_binary`).
        split: the part to read, for instance "train" or "test"; may be left out where there is one part only.
        size: (height, width) of the pictures returned; needed where they are of different sizes.
        on_bad: "stop" at a picture that cannot be read, or "skip" it and name it in the result's `skipped`.

    Returns:
        The pictures in memory, always in the same order.

    Raises:
        ValueError: `source` holds no pictures by class, `split` is none of its splits, or an argument is not allowed.
        ImageError: a picture cannot be read (with on_bad="stop").
        FileNotFoundError: there is no `source`.
    """
    _check_arguments(size, on_bad)
    path = _existing(source)
    if not is_cifar10_binary(path):
        refuse_pickled(path)
        return load_images_by_class(path, split, size, on_bad)
    dataset = load_cifar10_binary(path, _chosen_split(path, cifar10_splits(path), split))
    if size is None:
        return dataset
    images = np.stack([_fit(image, size) for image in dataset.images])
    return ImageDataset(images, dataset.labels, dataset.class_names, dataset.skipped)


def load_images_by_class(
    source: str | os.PathLike[str],
    split: str | None = None,
    size: tuple[int, int] | None = None,
    on_bad: Literal["skip", "stop"] = "stop",
) -> ImageDataset:
    """Reads pictures that lie in a folder for each class.

    Args:
        source: a folder or a .zip (read in memory, never unpacked to disk) with the pictures as
            `<split>/<class>/<picture>` or `<class>/<picture>`, in one more common folder or not. Hidden files and those
            with an ending of no picture format are passed over.
        split: the folder of classes to read; may be left out where there is one only.
        size: (height, width): each picture is cropped to its square centre and resized (bicubic, antialiased). None
            takes the pictures as they are, which have to be all of one size.
        on_bad: "stop" at a picture that cannot be read, or "skip" it and name it in the result's `skipped`.

    Returns:
        The pictures in memory, sorted by class name and file name. The classes are those of all splits together, so
        that a label means the same in each.

    Raises:
        ValueError: `source` is neither folder nor .zip, holds no pictures in that layout, `split` is none of its
            splits, the pictures are of different sizes and `size` is None, or an argument is not allowed.
        ImageError: a picture cannot be read (with on_bad="stop"); the message names it and the reason.
        FileNotFoundError: there is no `source`.
    """
    _check_arguments(size, on_bad)
    path = _existing(source)
    with _opened(path) as (names, read):
        class_names, chosen = _of_split(names, path, split)
        images, skipped = _decode_all(chosen, read, path, size, on_bad)
    index = {name: number for number, name in enumerate(class_names)}
    left_out = set(skipped)
    labels = [index[name[-2]] for name in chosen if "/".join(name) not in left_out]
    return ImageDataset(images, np.array(labels, np.int64), class_names, tuple(skipped))


@dataclass(frozen=True)
class LabelledPictures:
    """Pictures by class that are read one by one, for sets that do not fit into memory.

    Attributes:
        class_names: of all splits together, sorted.
        labels: int64, shape (pictures,): for each picture the index of its class.
        read: from a picture's index to uint8 (height, width, 3); raises ImageError. May be called from several threads.
    """

    class_names: tuple[str, ...]
    labels: np.ndarray
    read: Callable[[int], np.ndarray]


@contextmanager
def labelled_pictures(source: str | os.PathLike[str], split: str | None = None) -> Iterator[LabelledPictures]:
    """Opens pictures that lie in a folder for each class, without reading them.

    Args:
        source: a folder or a .zip, laid out as `load_images_by_class` takes it.
        split: the folder of classes; may be left out where there is one only.

    Raises:
        ValueError: `source` is neither folder nor .zip, holds no pictures in that layout, or `split` is none of its splits.
        FileNotFoundError: there is no `source`.
    """
    path = _existing(source)
    with _opened(path) as (names, read):
        class_names, chosen = _of_split(names, path, split)
        index = {name: number for number, name in enumerate(class_names)}

        def read_one(number: int) -> np.ndarray:
            result = _decode_one(chosen[number], read, path, None)
            if isinstance(result, ImageError):
                raise result
            return result

        yield LabelledPictures(class_names, np.array([index[name[-2]] for name in chosen], np.int64), read_one)


def split_names(source: str | os.PathLike[str]) -> tuple[str, ...]:
    """The splits that a source of labelled pictures has, sorted; empty where it has classes only.

    Args:
        source: what `load_dataset` takes.

    Raises:
        ValueError: `source` holds no pictures by class.
        FileNotFoundError: there is no `source`.
    """
    path = _existing(source)
    if is_cifar10_binary(path):
        return cifar10_splits(path)
    refuse_pickled(path)
    with _opened(path) as (names, _):
        return tuple(sorted(name for name in _by_split(names, path, None) if name is not None))


def split_off(dataset: ImageDataset, count: int, seed: int) -> tuple[ImageDataset, ImageDataset]:
    """Takes pictures out of a data set at random, from each class its share.

    Args:
        dataset: what to divide.
        count: how many pictures to take out, at least 1 and fewer than there are.
        seed: the same seed takes out the same pictures.

    Returns:
        (rest, held-out), each in the order of `dataset`. `skipped` stays with the rest.

    Raises:
        ValueError: `count` is out of range.
    """
    total = len(dataset)
    if not 0 < count < total:
        raise ValueError(f"count is {count}; of {total} pictures from 1 to {total - 1} can be split off")
    sizes = np.bincount(dataset.labels, minlength=len(dataset.class_names))
    # Largest remainders, in whole numbers: exact, and never more than a class has.
    shares, remainders = np.divmod(sizes * count, total)
    shares[np.argsort(-remainders, kind="stable")[: count - shares.sum()]] += 1
    generator = np.random.default_rng(seed)
    held_out = np.zeros(total, bool)
    for label, share in enumerate(shares):
        held_out[generator.permutation(np.flatnonzero(dataset.labels == label))[:share]] = True
    return (
        ImageDataset(dataset.images[~held_out], dataset.labels[~held_out], dataset.class_names, dataset.skipped),
        ImageDataset(dataset.images[held_out], dataset.labels[held_out], dataset.class_names),
    )


def _check_arguments(size: tuple[int, int] | None, on_bad: str) -> None:
    if on_bad not in ("skip", "stop"):
        raise ValueError(f"on_bad is {on_bad!r}; it has to be 'skip' or 'stop'")
    if size is None:
        return
    if not isinstance(size, (tuple, list)) or len(size) != 2 or not all(isinstance(n, int) and n > 0 for n in size):
        raise ValueError(f"size is {size!r}; it has to be (height, width), two whole numbers above 0, or None")


def _existing(source: str | os.PathLike[str]) -> Path:
    path = Path(source)
    if not path.exists():
        raise FileNotFoundError(f"source {str(path)!r}: no such file or folder")
    return path


@contextmanager
def _opened(path: Path) -> Iterator[tuple[_Names, Callable[[tuple[str, ...]], bytes]]]:
    """The pictures' names, as parts below `path`, and how to read one of them."""
    if path.is_dir():
        names = [file.relative_to(path).parts for file in find_images([path])]
        yield names, lambda name: path.joinpath(*name).read_bytes()
        return
    if not zipfile.is_zipfile(path):
        raise ValueError(
            f"source {str(path)!r} is neither a folder nor a .zip: unpack other archives and pass the folder, with the "
            f"pictures as {_LAYOUTS}"
        )
    with zipfile.ZipFile(path) as archive:
        sizes = {entry.filename: entry.file_size for entry in archive.infolist() if not entry.is_dir()}

        def read(name: tuple[str, ...]) -> bytes:
            entry = "/".join(name)
            if sizes[entry] > _LARGEST_ENTRY:
                raise ImageError(f"unpacks to {sizes[entry]} bytes; a picture may have {_LARGEST_ENTRY}")
            return archive.read(entry)

        yield list(_pictures(sizes)), read


def _pictures(entries: Iterable[str]) -> Iterator[tuple[str, ...]]:
    endings = image_endings()
    for entry in entries:
        parts = tuple(entry.split("/"))
        # macOS adds a second tree of resource forks to its zips.
        hidden = parts[0] == "__MACOSX" or any(part.startswith(".") for part in parts)
        if not hidden and PurePosixPath(entry).suffix.lower() in endings:
            yield parts


def _by_split(names: _Names, path: Path, split: str | None) -> dict[str | None, _Names]:
    """The names by their split; by None where there are classes only."""
    if not names:
        raise ValueError(f"source {str(path)!r} has no pictures in it; they have to lie as {_LAYOUTS}")
    depth = len(names[0])
    odd = next((name for name in names if len(name) != depth), None)
    first = names[0][0]
    common = all(name[0] == first for name in names)
    enclosed = odd is None and common and (depth == 4 or (depth == 3 and first.lower() not in _SPLIT_NAMES | {split}))
    inner = depth - 1 if enclosed else depth
    if odd is not None or inner not in (2, 3):
        example = odd if odd is not None else names[0]
        other = f" while {'/'.join(names[0])!r} is at another depth" if odd is not None else ""
        raise ValueError(
            f"source {str(path)!r} has {'/'.join(example)!r}{other}; all pictures have to lie as {_LAYOUTS}: move or "
            "remove what lies elsewhere, or pass the folder that holds the classes"
        )
    if inner == 2:
        return {None: names}
    parts: dict[str | None, _Names] = {}
    for name in names:
        parts.setdefault(name[-3], []).append(name)
    return parts


def _of_split(names: _Names, path: Path, split: str | None) -> tuple[tuple[str, ...], _Names]:
    """The classes of all splits, and the names of one split's pictures, sorted."""
    parts = _by_split(names, path, split)
    chosen = parts[_chosen_split(path, [name for name in parts if name is not None], split)]
    class_names = tuple(sorted({name[-2] for split_names in parts.values() for name in split_names}))
    return class_names, sorted(chosen, key=lambda name: name[-2:])


def _chosen_split(path: Path, splits: Sequence[str], split: str | None) -> str | None:
    listed = ", ".join(map(repr, sorted(splits)))
    if split is None:
        if len(splits) > 1:
            raise ValueError(f"split is None and source {str(path)!r} has the splits {listed}: pass one of them")
        return splits[0] if splits else None
    if not splits:
        raise ValueError(f"split is {split!r} but source {str(path)!r} has no splits, only classes: leave split out")
    if split not in splits:
        raise ValueError(f"split is {split!r}; source {str(path)!r} has the splits {listed}: pass one of them")
    return split


def _decode_all(
    names: _Names,
    read: Callable[[tuple[str, ...]], bytes],
    path: Path,
    size: tuple[int, int] | None,
    on_bad: str,
) -> tuple[np.ndarray, list[str]]:
    def decoded(block: _Names) -> list[np.ndarray | ImageError]:
        return [_decode_one(name, read, path, size) for name in block]

    blocks = [names[start : start + _PICTURES_A_TASK] for start in range(0, len(names), _PICTURES_A_TASK)]
    images: np.ndarray | None = None
    first = ""
    count = 0
    skipped: list[str] = []
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        try:
            for block, results in zip(blocks, pool.map(decoded, blocks), strict=True):
                for name, result in zip(block, results, strict=True):
                    if isinstance(result, ImageError):
                        if on_bad == "stop":
                            raise result
                        skipped.append("/".join(name))
                        continue
                    if images is None:
                        images, first = np.empty((len(names), *result.shape), np.uint8), "/".join(name)
                    if result.shape != images.shape[1:]:
                        raise ValueError(_different_sizes(path, first, images[0], "/".join(name), result))
                    images[count] = result
                    count += 1
        except BaseException:
            # Otherwise leaving the pool would first decode everything that is still waiting.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    if images is None:
        raise ValueError(
            f"source {str(path)!r}: none of its {len(names)} pictures could be read, the first is {skipped[0]!r}: "
            'pass on_bad="stop" to see why'
        )
    return images[:count], skipped


def _different_sizes(path: Path, first: str, first_image: np.ndarray, name: str, image: np.ndarray) -> str:
    return (
        f"size is None and source {str(path)!r} has pictures of different sizes: {first!r} has height and width "
        f"{first_image.shape[:2]}, {name!r} has {image.shape[:2]}: pass size=(height, width)"
    )


def _decode_one(
    name: tuple[str, ...],
    read: Callable[[tuple[str, ...]], bytes],
    path: Path,
    size: tuple[int, int] | None,
) -> np.ndarray | ImageError:
    entry = f"{path}: {'/'.join(name)}" if path.is_file() else str(path.joinpath(*name))
    try:
        content = read(name)
    except ImageError as error:
        return ImageError(f"{entry}: {error}")
    # RuntimeError is zipfile's for an encrypted entry, NotImplementedError (a subclass) for an unknown compression.
    except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        return ImageError(f"{entry}: cannot be read: {' '.join(str(error).split())}")
    try:
        image = decode_image(content, entry)
    except ImageError as error:
        return error
    return image if size is None else _fit(image, size)


def _fit(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    side = min(image.shape[:2])
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    square = image[top : top + side, left : left + side]
    if square.shape[:2] == tuple(size):
        return square
    height, width = size
    return np.asarray(Image.fromarray(square).resize((width, height), Image.Resampling.BICUBIC))
