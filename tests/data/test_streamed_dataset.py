"""Pictures that are read when they are needed are those that memory would hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bnn_zoo.data import datasets
from bnn_zoo.data.datasets import load_dataset, open_dataset
from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.data.images import ImageError
from bnn_zoo.data.splits import split_off
from bnn_zoo.data.streamed_dataset import StreamedDataset


def shades(folder: Path, *, sizes: tuple[tuple[int, int], ...] = ((6, 8),), bad: tuple[int, ...] = ()) -> Path:
    """Twelve pictures of two classes, whose grey level is their number."""
    for number in range(12):
        path = folder / "ab"[number // 6] / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((*sizes[number % len(sizes)], 3), number, np.uint8)).save(path)
        if number in bad:
            path.write_bytes(b"no picture")
    return folder


def streamed(folder: Path, on_bad: str = "stop") -> StreamedDataset:
    dataset = open_dataset(folder, on_bad=on_bad, streaming=True)  # type: ignore[arg-type]
    assert isinstance(dataset, StreamedDataset)
    return dataset


def test_it_holds_what_memory_would(tmp_path: Path) -> None:
    dataset, whole = streamed(shades(tmp_path)), load_dataset(tmp_path)
    assert len(dataset) == 12 and dataset.class_names == whole.class_names
    np.testing.assert_array_equal(dataset.labels, whole.labels)
    for index in range(12):
        for read in ("read", "read_fitted", "read_cropped"):
            more = {"read": (), "read_fitted": ((3, 3),), "read_cropped": ((3, 4), lambda height, width: (1, 2, 3, 4))}[read]
            (picture, label), (expected, other) = (getattr(one, read)(index, *more) for one in (dataset, whole))
            np.testing.assert_array_equal(picture, expected)
            assert label == other == index // 6 and type(label) is int


def test_what_fits_goes_into_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(open_dataset(shades(tmp_path / "same")), ImageDataset)
    mixed = shades(tmp_path / "mixed", sizes=((6, 8), (9, 4)))
    assert isinstance(open_dataset(mixed), StreamedDataset)
    with pytest.raises(ValueError, match="different sizes"):
        open_dataset(mixed, streaming=False)
    monkeypatch.setattr(datasets, "_IN_MEMORY", 12 * 6 * 8 * 3 - 1)
    assert isinstance(open_dataset(tmp_path / "same"), StreamedDataset)
    assert isinstance(open_dataset(tmp_path / "same", streaming=False), ImageDataset)
    with pytest.raises(ValueError, match="streaming is 'always'"):
        open_dataset(mixed, streaming="always")  # type: ignore[arg-type]


def test_a_bad_picture_stops(tmp_path: Path) -> None:
    dataset = streamed(shades(tmp_path, bad=(3,)))
    assert dataset.failure is None
    for _ in range(2):
        with pytest.raises(ImageError, match=r"03\.png"):
            dataset.instead(3, dataset.read)
    assert "03.png" in str(dataset.failure) and dataset.skipped == ()


def test_a_bad_picture_is_skipped_and_named(tmp_path: Path) -> None:
    dataset = streamed(shades(tmp_path, bad=(3, 4, 11)), "skip")
    greys = [dataset.instead(index, dataset.read)[0][0, 0, 0] for index in range(12)]
    assert greys == [0, 1, 2, 5, 5, 5, 6, 7, 8, 9, 10, 0]
    assert dataset.skipped == ("a/03.png", "a/04.png", "b/11.png") and dataset.failure is None
    with pytest.raises(ImageError, match=r"none of its 12 pictures could be read; .*00\.png: "):
        nothing = streamed(shades(tmp_path / "nothing", bad=tuple(range(12))), "skip")
        nothing.instead(0, nothing.read)


def test_parts(tmp_path: Path) -> None:
    dataset = streamed(shades(tmp_path, bad=(3,)), "skip")
    rest, held_out = split_off(dataset, 4, seed=0)
    expected, expected_out = split_off(load_dataset(shades(tmp_path / "whole")), 4, seed=0)
    np.testing.assert_array_equal(rest.labels, expected.labels)
    np.testing.assert_array_equal(held_out.labels, expected_out.labels)
    greys = [part.instead(index, part.read)[0][0, 0, 0] for part in (rest, held_out) for index in range(len(part))]
    assert len(greys) == 12 and 3 not in greys
    assert dataset.skipped == rest.skipped == held_out.skipped == ("a/03.png",)
