"""The sample pictures can be read, and say where they are from."""

from __future__ import annotations

from bnn_zoo.data.images import read_image
from bnn_zoo.data.labels import class_labels
from bnn_zoo.data.samples import sample_pictures


def test_one_readable_picture_a_class() -> None:
    samples = sample_pictures()
    assert tuple(label for _, label in samples) == class_labels("cifar10")
    pixels = [read_image(path) for path, _ in samples]
    assert all(picture.shape == (32, 32, 3) for picture in pixels)
    assert len({picture.tobytes() for picture in pixels}) == 10


def test_their_source_is_named() -> None:
    text = (sample_pictures()[0][0].parent / "README.md").read_text()
    assert "CIFAR-10" in text and "Krizhevsky" in text and "not a selection" in text
