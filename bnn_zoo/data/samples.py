"""The real pictures that ship with the package, for the demo."""

from __future__ import annotations

from pathlib import Path

from bnn_zoo.data.labels import class_labels

_FOLDER = Path(__file__).with_name("sample_pictures")


def sample_pictures() -> list[tuple[Path, str]]:
    """Ten pictures of CIFAR-10's test set, the first of each class (not a selection).

    Returns:
        (path, true class name) of each, 32x32 JPEG, in the order of the classes.
    """
    return [(_FOLDER / f"{label}.jpg", label) for label in class_labels("cifar10")]
