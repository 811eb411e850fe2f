"""Pictures by class in a folder or a .zip: a picture's class is the folder it lies in, that folder's is the split."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bnn_zoo.data.containers import Container, open_container
from bnn_zoo.data.encoded import EncodedPictures
from bnn_zoo.data.splits import chosen_split

# In a tree of one folder of classes these names make it a split; any other makes it just the folder all lies in.
_SPLIT_NAMES = frozenset({"train", "training", "test", "testing", "val", "valid", "validation", "dev", "eval"})
_LAYOUTS = "<split>/<class>/<picture> or <class>/<picture>"


def open_by_class(path: Path, split: str | None) -> EncodedPictures:
    """Lists the pictures of a split, sorted by class name and file name, without reading them.

    Args:
        path: a folder or a .zip with the pictures as `<split>/<class>/<picture>` or `<class>/<picture>`, in one more common folder
            or not. Hidden files and those with an ending of no picture format are passed over.
        split: the folder of classes; may be left out where there is one only.

    Returns:
        The pictures. The classes are those of all splits together, so that a label means the same in each.

    Raises:
        ValueError: `path` is neither folder nor .zip, holds no pictures in that layout or an empty class, or `split` is none of
            its splits.
    """
    container = open_container(path)
    parts = _by_split(container.names, path)
    names = parts[chosen_split(str(path), [name for name in parts if name is not None], split)]
    names.sort(key=lambda name: name.split("/")[-2:])
    class_names = tuple(sorted({_class_of(name) for part in parts.values() for name in part}))
    _refuse_empty_classes(container, parts, path, class_names)
    index = {name: number for number, name in enumerate(class_names)}
    labels = np.array([index[_class_of(name)] for name in names], np.int64)
    return EncodedPictures(
        source=str(path),
        class_names=class_names,
        count=len(names),
        read=lambda number: (container.read(names[number]), int(labels[number])),
        name=lambda number: names[number],
        shown=lambda number: container.shown(names[number]),
        labels=labels,
    )


def splits_by_class(path: Path) -> tuple[str, ...]:
    """The splits in a folder or .zip, sorted; empty where it has classes only.

    Raises:
        ValueError: `path` is neither, or holds no pictures by class.
    """
    return tuple(sorted(name for name in _by_split(open_container(path).names, path) if name is not None))


def _by_split(names: list[str], path: Path) -> dict[str | None, list[str]]:
    """The names by their split; by None where there are classes only."""
    if not names:
        raise ValueError(f"source {str(path)!r} has no pictures in it; they have to lie as {_LAYOUTS}")
    depth = names[0].count("/") + 1
    odd = next((name for name in names if name.count("/") + 1 != depth), None)
    first = names[0].split("/")[0]
    common = all(name.startswith(f"{first}/") for name in names)
    enclosed = odd is None and common and (depth == 4 or (depth == 3 and first.lower() not in _SPLIT_NAMES))
    inner = depth - 1 if enclosed else depth
    if odd is not None or inner not in (2, 3):
        other = f" while {names[0]!r} is at another depth" if odd is not None else ""
        raise ValueError(
            f"source {str(path)!r} has {odd or names[0]!r}{other}; all pictures have to lie as {_LAYOUTS}: move or remove what "
            "lies elsewhere, or pass the folder that holds the classes"
        )
    if inner == 2:
        return {None: names}
    parts: dict[str | None, list[str]] = {}
    for name in names:
        parts.setdefault(name.split("/")[-3], []).append(name)
    return parts


def _refuse_empty_classes(
    container: Container, parts: dict[str | None, list[str]], path: Path, class_names: tuple[str, ...]
) -> None:
    # It would be no class here and one on a machine where its pictures have arrived, so that labels would not agree.
    for part in parts.values():
        parent = "/".join(part[0].split("/")[:-2])
        empty = sorted(set(container.folders(parent)) - set(class_names))
        if empty:
            raise ValueError(
                f"source {str(path)!r} has no pictures in {'/'.join(filter(None, [parent, empty[0]]))!r}, which lies among the "
                "classes: put its pictures there, or remove it"
            )


def _class_of(name: str) -> str:
    return name.rsplit("/", 2)[-2]
