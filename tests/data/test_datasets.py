"""Folders and .zip files of pictures as data: splits and classes, sizes, pictures that cannot be read, names."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from fresh_process import run_python
from permissions import unreadable
from PIL import Image

from bnn_zoo.data.datasets import default_name, load_dataset, open_dataset, split_names, training_split
from bnn_zoo.data.images import ImageError

SPLITS = {
    "train/dog/b.png": 3,
    "train/dog/a.png": 2,
    "train/cat/z.png": 1,
    "test/dog/c.png": 4,
    "test/cat/d.PNG": 5,
}


def png(grey: int, size: tuple[int, int] = (4, 4)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (size[1], size[0]), (grey, grey, grey)).save(buffer, "PNG")
    return buffer.getvalue()


def written(target: Path, files: Mapping[str, int | bytes], top: str = "") -> Path:
    """Writes files (grey level or content by name) into a folder, or a zip if that is how `target` ends."""
    contents = {top + name: png(what) if isinstance(what, int) else what for name, what in files.items()}
    if target.suffix == ".zip":
        with zipfile.ZipFile(target, "w") as archive:
            for name, content in contents.items():
                archive.writestr(name, content)
        return target
    for name, content in contents.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(content)
    return target


@pytest.fixture(params=["data", "data.zip"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / request.param


@pytest.mark.parametrize("top", ["", "pictures/"])
def test_splits_and_order(target: Path, top: str) -> None:
    source = written(target, SPLITS, top)
    assert split_names(source) == ("test", "train")
    train, test = load_dataset(source, "train"), load_dataset(str(source), "test")
    assert train.class_names == test.class_names == ("cat", "dog")
    assert train.labels.tolist() == [0, 1, 1] and train.labels.dtype == np.int64
    assert train.images.dtype == np.uint8 and train.images.shape == (3, 4, 4, 3)
    assert train.images[:, 0, 0, 0].tolist() == [1, 2, 3]
    assert test.images[:, 0, 0, 0].tolist() == [5, 4]
    assert len(train) == 3 and train.skipped == ()


@pytest.mark.parametrize("top", ["", "pictures/"])
def test_classes_without_splits(target: Path, top: str) -> None:
    source = written(target, {"b/1.png": 7, "a/2.png": 8}, top)
    assert split_names(source) == ()
    dataset = load_dataset(source)
    assert dataset.class_names == ("a", "b") and dataset.images[:, 0, 0, 0].tolist() == [8, 7]
    for split in ("train", "pictures"):  # also where all lies in a folder of that name
        with pytest.raises(ValueError, match="has no splits"):
            load_dataset(source, split)


def test_a_label_means_the_same_in_each_split(target: Path) -> None:
    source = written(target, {"train/a/1.png": 1, "train/b/1.png": 2, "val/b/1.png": 3})
    assert load_dataset(source, "val").labels.tolist() == [1]


def test_a_missing_split_names_those_there_are(target: Path) -> None:
    source = written(target, SPLITS)
    for split in ("validation", None):
        with pytest.raises(ValueError, match="'test', 'train'"):
            load_dataset(source, split)


def test_a_single_split_may_be_left_out_or_named(target: Path) -> None:
    source = written(target, {"test/a/1.png": 1})
    assert split_names(source) == ("test",)
    assert len(load_dataset(source)) == len(load_dataset(source, "test")) == 1
    with pytest.raises(ValueError, match="has the splits 'test'"):
        load_dataset(source, "train")


def test_the_split_to_train_on(tmp_path: Path) -> None:
    parted = written(tmp_path / "parted", SPLITS)
    assert (training_split(parted), training_split(parted, "test")) == ("train", "test")
    whole, scored = written(tmp_path / "whole", {"a/1.png": 1, "b/1.png": 2}), written(tmp_path / "scored", {"test/a/1.png": 1})
    assert training_split(whole) is None and training_split(scored) is None
    with pytest.raises(ValueError, match="split is 'trian'.*'test', 'train'"):
        load_dataset(parted, training_split(parted, "trian"))
    with pytest.raises(ValueError, match="has no splits"):
        load_dataset(whole, training_split(whole, "train"))


def test_an_empty_class_is_named(target: Path) -> None:
    with pytest.raises(ValueError, match="no pictures in 'train/eel', which lies among the classes"):
        load_dataset(written(target, {**SPLITS, "train/eel/notes.txt": b"x"}), "train")


def test_what_is_no_picture_by_its_name_is_passed_over(target: Path) -> None:
    extra = {"README.txt": b"x", ".DS_Store": b"x", "__MACOSX/train/cat/._z.png": b"x", "train/cat/.hidden.png": b"x"}
    if target.suffix != ".zip":
        extra.pop("__MACOSX/train/cat/._z.png")
    assert len(load_dataset(written(target, {**SPLITS, **extra}), "train")) == 3


@pytest.mark.parametrize(
    "files",
    [
        {"1.png": 1},
        {"a/1.png": 1, "cover.png": 1},
        {"train/a/1.png": 1, "train/a/deeper/1.png": 1},
        {"x/train/a/deeper/1.png": 1, "x/train/b/deeper/1.png": 1},
        {"notes.txt": b"x"},
    ],
)
def test_another_layout_is_refused(target: Path, files: dict[str, int | bytes]) -> None:
    with pytest.raises(ValueError, match="<split>/<class>/<picture>"):
        load_dataset(written(target, files))


def test_pictures_of_different_sizes_need_a_size(target: Path) -> None:
    source = written(target, {"a/1.png": png(9, (4, 4)), "a/2.png": png(9, (6, 10))})
    with pytest.raises(
        ValueError, match=r"a/1\.png.*\(4, 4\).*a/2\.png.*\(6, 10\): bring them to one size, or have it done by size="
    ):
        load_dataset(source)
    dataset = load_dataset(source, size=(8, 5))
    assert dataset.images.shape == (2, 8, 5, 3) and (dataset.images == 9).all()
    numpy_sized = load_dataset(source, size=tuple(np.array([8, 5])))  # type: ignore[arg-type]
    np.testing.assert_array_equal(numpy_sized.images, dataset.images)


def test_size_crops_the_centre(target: Path) -> None:
    wide = np.zeros((4, 12, 3), np.uint8)
    wide[:, 4:8] = 200
    buffer = io.BytesIO()
    Image.fromarray(wide).save(buffer, "PNG")
    dataset = load_dataset(written(target, {"a/1.png": buffer.getvalue()}), size=(4, 4))
    assert (dataset.images == 200).all()


BAD = {"a/1.png": 1, "a/2.png": b"no picture", "a/3.png": png(3)[:40], "b/4.png": 4, "b/5.png": b""}


def test_bad_pictures_stop_or_are_skipped(target: Path) -> None:
    source = written(target, BAD)
    with pytest.raises(ImageError) as caught:
        load_dataset(source)
    assert "2.png" in str(caught.value) and str(source) in str(caught.value) and "\n" not in str(caught.value)
    dataset = load_dataset(source, on_bad="skip")
    assert dataset.skipped == ("a/2.png", "a/3.png", "b/5.png")
    assert dataset.images[:, 0, 0, 0].tolist() == [1, 4] and dataset.labels.tolist() == [0, 1]


def test_nothing_readable(target: Path) -> None:
    with pytest.raises(ValueError, match=r"none of its 2 pictures could be read; .*1\.png: .*not a picture"):
        load_dataset(written(target, {"a/1.png": b"x", "a/2.png": b"y"}), on_bad="skip")


def test_a_damaged_zip_entry_is_a_bad_picture(tmp_path: Path) -> None:
    source = written(tmp_path / "data.zip", {"a/1.png": 1, "a/2.png": 2})
    data = source.read_bytes()
    at = data.index(png(2)) + 50
    source.write_bytes(data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :])
    with pytest.raises(ImageError, match=r"a/2\.png: cannot be read"):
        load_dataset(source)
    assert load_dataset(source, on_bad="skip").skipped == ("a/2.png",)


def test_a_damaged_entry_of_any_compression_is_a_bad_picture(tmp_path: Path) -> None:
    source = tmp_path / "data.zip"
    with zipfile.ZipFile(source, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a/1.png", np.random.default_rng(0).bytes(2000))
    data = bytearray(source.read_bytes())
    data[60:1000] = bytes(940)
    source.write_bytes(data)
    with pytest.raises(ImageError, match=r"a/1\.png: cannot be read"):
        load_dataset(source)


@pytest.mark.parametrize("top", ["./", "/", "./pictures/", ".\\"])
def test_names_as_other_programs_write_them_into_a_zip(tmp_path: Path, top: str) -> None:
    source = written(tmp_path / "data.zip", {f"{top}{name}": grey for name, grey in SPLITS.items()})
    with zipfile.ZipFile(source, "a") as archive:
        archive.writestr(f"{top}train/dog/", b"")
    assert split_names(source) == ("test", "train")
    assert load_dataset(source, "train").images[:, 0, 0, 0].tolist() == [1, 2, 3]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no such rights there")
@pytest.mark.parametrize("closed", ["", "train/dog"])
def test_what_may_not_be_read_is_told_as_such(target: Path, closed: str) -> None:
    source = written(target, SPLITS)
    with unreadable(source / closed if source.is_dir() else source), pytest.raises(PermissionError, match="data"):
        load_dataset(source, "train", on_bad="skip")


def test_a_zip_bomb_is_a_bad_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bnn_zoo.data.containers._LARGEST_ENTRY", 1000)
    source = tmp_path / "data.zip"
    with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/1.png", b"\0" * 100_000)
    with pytest.raises(ImageError, match=r"a/1\.png: unpacks to 100000 bytes"):
        load_dataset(source)


def test_nothing_is_unpacked(tmp_path: Path) -> None:
    source = written(tmp_path / "data.zip", {"../../evil/1.png": 1, "../../evil/2.png": 1})
    with pytest.raises(ValueError):
        load_dataset(source)
    assert list(tmp_path.iterdir()) == [source]


def test_many_pictures_stay_in_order(tmp_path: Path) -> None:
    files: dict[str, int | bytes] = {f"{number % 2}/{number:04}.png": number % 256 for number in range(1200)}
    dataset = load_dataset(written(tmp_path / "data.zip", files))
    expected = [*range(0, 1200, 2), *range(1, 1200, 2)]
    assert dataset.images[:, 0, 0, 0].tolist() == [number % 256 for number in expected]


def test_other_sources_are_refused(tmp_path: Path) -> None:
    for read in (load_dataset, open_dataset, split_names):
        with pytest.raises(FileNotFoundError, match="gone"):
            read(tmp_path / "gone")
        (tmp_path / "notes.txt").write_text("x")
        with pytest.raises(ValueError, match="neither a folder nor a .zip"):
            read(tmp_path / "notes.txt")


@pytest.mark.parametrize("arguments", [{"size": 32}, {"size": (0, 4)}, {"size": (True, True)}, {"on_bad": "ignore"}])
def test_wrong_arguments_are_named(tmp_path: Path, arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(arguments))} is"):
        load_dataset(written(tmp_path / "data", SPLITS), "train", **arguments)  # type: ignore[arg-type]


def test_importing_loads_no_tensorflow() -> None:
    code = (
        "import sys, bnn_zoo.data as data; lazy = 'PIL' not in sys.modules and 'numpy' not in sys.modules;"
        "[getattr(data, name) for name in data.__all__]; sys.exit(not lazy or 'tensorflow' in sys.modules)"
    )
    assert run_python(code).returncode == 0


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("cifar10", "cifar10"),
        ("tfds:voc_segmentation", "voc_segmentation"),
        ("pictures/trees.zip", "trees"),
        ("pictures/trees-v1.2/", "trees-v1.2"),
        (Path("pictures") / "trees", "trees"),
    ],
)
def test_data_that_nobody_has_named(source: str | Path, name: str) -> None:
    assert default_name(source) == name


def test_the_folder_one_stands_in_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert default_name(".") == tmp_path.name


def test_a_damaged_zip_is_told(tmp_path: Path) -> None:
    source = tmp_path / "pictures.zip"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("cat/a.png", b"x")
    content = bytearray(source.read_bytes())
    content[content.index(b"PK\x01\x02")] ^= 1
    source.write_bytes(content)
    with pytest.raises(ValueError, match=r"pictures\.zip' is a damaged \.zip"):
        load_dataset(source)
