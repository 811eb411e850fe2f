"""CIFAR-10 from its publishers, whose server stands on the loopback interface and has fewer pictures."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from hub_server import FileServer

from bnn_zoo.data import published
from bnn_zoo.data.datasets import load_dataset, open_dataset, split_names
from bnn_zoo.download.errors import DownloadError
from bnn_zoo.download.retry import PAUSES

FILE = "cifar-10-binary.tar.gz"


def archive() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for number, name in enumerate([*(f"data_batch_{batch}.bin" for batch in range(1, 6)), "test_batch.bin"]):
            content = bytes([number]) + bytes(np.random.default_rng(number).integers(0, 256, 3072, dtype=np.uint8))
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


DATA = archive()


@pytest.fixture
def cached(file_server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the file is to lie."""
    monkeypatch.setenv("BNN_ZOO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv(PAUSES, "0.01,0.01")
    monkeypatch.chdir(tmp_path)
    original = published.PUBLISHED["cifar10"]
    url = file_server.add(FILE, DATA)
    local = dataclasses.replace(original, url=url, bytes=len(DATA), sha256=hashlib.sha256(DATA).hexdigest())
    monkeypatch.setitem(published.PUBLISHED, "cifar10", local)
    return tmp_path / "cache" / "datasets" / FILE


def test_it_is_downloaded_once(file_server: FileServer, cached: Path) -> None:
    assert split_names("cifar10") == ("test", "train")
    train, test = load_dataset("cifar10", "train"), open_dataset(Path("cifar10"), "test", streaming=True)
    assert train.labels.tolist() == [0, 1, 2, 3, 4] and test.labels.tolist() == [5]
    assert train.class_names[:2] == ("airplane", "automobile")
    assert cached.read_bytes() == DATA and file_server.hits(FILE) == 1


def test_a_name_with_a_slash_is_a_folder(file_server: FileServer, cached: Path) -> None:
    with pytest.raises(FileNotFoundError, match="source 'cifar10/': no such file or folder"):
        load_dataset("cifar10/", "train")
    assert not cached.exists() and not file_server.hits(FILE)


def test_a_folder_of_that_name_comes_first(file_server: FileServer, cached: Path, tmp_path: Path) -> None:
    (tmp_path / "cifar10").mkdir()
    with pytest.raises(ValueError, match="no pictures"):
        load_dataset("cifar10", "train")
    assert file_server.hits(FILE) == 0


@pytest.mark.parametrize(
    "kind, message",
    [("404", "answered 404"), ("cut", "or a broken one"), ("wrong_bytes", "recorded sha256"), ("wrong_length", "announces")],
)
def test_a_failure_says_where_the_file_may_be_put(file_server: FileServer, cached: Path, kind: str, message: str) -> None:
    file_server.fault(FILE, kind)
    with pytest.raises(DownloadError, match=message) as caught:
        load_dataset("cifar10", "train")
    assert str(cached) in str(caught.value) and published.PUBLISHED["cifar10"].sha256 in str(caught.value)
    assert not cached.exists()
    cached.write_bytes(DATA)
    assert len(load_dataset("cifar10", "train")) == 5


def test_what_lies_there_is_checked(file_server: FileServer, cached: Path) -> None:
    cached.parent.mkdir(parents=True)
    cached.write_bytes(DATA[:-1])
    file_server.fault(FILE, "503")
    with pytest.raises(DownloadError, match="another, or damaged"):
        load_dataset("cifar10", "train")
    file_server.clear_fault(FILE)
    assert len(load_dataset("cifar10", "train")) == 5 and cached.read_bytes() == DATA


def test_the_record_is_that_of_the_publishers() -> None:
    """As TensorFlow Datasets records the same file."""
    record = published.PUBLISHED["cifar10"]
    assert record.url.startswith("https://www.cs.toronto.edu/")
    folder = pytest.importorskip("tensorflow_datasets").__path__[0]
    line = Path(folder, "url_checksums", "cifar10.txt").read_text().split()
    assert line[:3] == [record.url, str(record.bytes), record.sha256]
