"""CIFAR-10's binary version, as a folder and as an archive; what is damaged or something else is refused."""

from __future__ import annotations

import io
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest

from bnn_zoo.data.cifar10 import is_cifar10_binary, load_cifar10_binary
from bnn_zoo.data.datasets import load_dataset, split_names

TRAIN = [f"data_batch_{number}.bin" for number in range(1, 6)]


def records(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, bytes]:
    generator = np.random.default_rng(seed)
    images = generator.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    labels = generator.integers(0, 10, count)
    content = b"".join(
        bytes([label]) + b"".join(image[:, :, channel].tobytes() for channel in range(3))
        for image, label in zip(images, labels, strict=True)
    )
    return images, labels, content


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "cifar-10-batches-bin"
    made.mkdir()
    for seed, name in enumerate([*TRAIN, "test_batch.bin"]):
        (made / name).write_bytes(records(3, seed)[2])
    return made


def tarred(folder: Path) -> Path:
    path = folder.parent.parent / f"{folder.parent.name}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(folder, folder.name)
    return path


@pytest.mark.parametrize("form", ["folder", "its parent", "archive"])
def test_reads_both_splits(folder: Path, form: str) -> None:
    source = {"folder": folder, "its parent": folder.parent, "archive": tarred(folder)}[form]
    assert is_cifar10_binary(source) and split_names(source) == ("test", "train")
    train, test = load_cifar10_binary(source, "train"), load_dataset(source, "test")
    np.testing.assert_array_equal(train.images, np.concatenate([records(3, seed)[0] for seed in range(5)]))
    np.testing.assert_array_equal(train.labels, np.concatenate([records(3, seed)[1] for seed in range(5)]))
    np.testing.assert_array_equal(test.images, records(3, 5)[0])
    assert test.class_names[:2] == ("airplane", "automobile") and test.labels.dtype == np.int64


def test_size(folder: Path) -> None:
    assert load_dataset(folder, "test", size=(16, 16)).images.shape == (3, 16, 16, 3)


@pytest.mark.parametrize("split", ["validation", None])
def test_splits_are_named(folder: Path, split: str | None) -> None:
    for load in (load_cifar10_binary, load_dataset):
        with pytest.raises(ValueError, match="'test'|'train' and 'test'"):
            load(folder, split)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "data_batch_3.bin").unlink()
    with pytest.raises(ValueError, match=r"lacks data_batch_3\.bin"):
        load_cifar10_binary(folder, "train")
    assert len(load_cifar10_binary(folder, "test")) == 3


@pytest.mark.parametrize("content", [b"", b"\0" * 3000, b"\0" * (2 * 3073 - 1)])
def test_a_truncated_file_is_refused(folder: Path, content: bytes) -> None:
    (folder / "test_batch.bin").write_bytes(content)
    for source in (folder, tarred(folder)):
        with pytest.raises(ValueError, match=rf"test_batch\.bin has {len(content)} bytes.*truncated"):
            load_cifar10_binary(source, "test")


def test_a_wrong_label_is_refused(folder: Path) -> None:
    (folder / "test_batch.bin").write_bytes(b"\0" * 3073 + b"\x0a" + b"\0" * 3072)
    with pytest.raises(ValueError, match=r"test_batch\.bin: picture 1 has the label 10"):
        load_cifar10_binary(folder, "test")


@pytest.mark.parametrize("share", [0.05, 0.5, 0.99])
def test_a_truncated_archive_is_refused(folder: Path, share: float) -> None:
    data = tarred(folder).read_bytes()
    path = folder.parent / "cifar-10-binary.tar.gz"
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(ValueError, match="damaged or truncated|neither"):
        load_dataset(path, "train")
    with pytest.raises(ValueError, match="damaged or truncated"):
        load_cifar10_binary(path, "train")


def test_the_pickled_version_is_refused_unread(tmp_path: Path) -> None:
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    (folder / "data_batch_1").write_bytes(pickle.dumps({"data": 1}))
    archive_path = tmp_path / "cifar-10-python.tar.gz"
    with tarfile.open(archive_path, "w:gz") as archive:
        member = tarfile.TarInfo("cifar-10-batches-py/test_batch")
        archive.addfile(member, io.BytesIO())
    for source in (folder, tmp_path, archive_path):
        assert not is_cifar10_binary(source)
        for load in (load_dataset, load_cifar10_binary):
            with pytest.raises(ValueError, match="take the binary version"):
                load(source, "train")


def test_what_is_something_else(tmp_path: Path) -> None:
    assert not is_cifar10_binary(tmp_path) and not is_cifar10_binary(tmp_path / "gone")
    with pytest.raises(ValueError, match="not CIFAR-10's binary version"):
        load_cifar10_binary(tmp_path, "train")
    with pytest.raises(FileNotFoundError, match="gone"):
        load_cifar10_binary(tmp_path / "gone", "train")
