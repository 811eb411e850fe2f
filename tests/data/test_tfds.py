"""Data sets of TensorFlow Datasets, with a builder of the test's own and no network."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fresh_process import run_python

from bnn_zoo._keras import tf
from bnn_zoo.data.datasets import load_dataset, open_dataset, split_names, training_split
from bnn_zoo.data.images import ImageError
from bnn_zoo.data.splits import split_off

tf.constant(0)  # Keras 2 is settled before TensorFlow Datasets loads TensorFlow
tfds = pytest.importorskip("tensorflow_datasets")


class ShadesOfGrey(tfds.core.GeneratorBasedBuilder):
    """Pictures whose grey level is their number, in several files."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self) -> Any:
        kinds = {"image": tfds.features.Image(shape=(None, None, 3)), "label": tfds.features.ClassLabel(names=["even", "odd"])}
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict({**kinds, "id": tfds.features.Text()}))

    def _split_generators(self, dl_manager: Any) -> Any:
        return {"train": self._generate_examples(range(40)), "test": self._generate_examples(range(100, 103))}

    def _generate_examples(self, numbers: Any) -> Any:
        for number in numbers:
            yield number, {"image": np.full((4, 6, 3), number, np.uint8), "label": number % 2, "id": str(number)}


class Withheld(ShadesOfGrey):
    """The classes of the test split are kept secret, as ImageNet's are."""

    def _split_generators(self, dl_manager: Any) -> Any:
        return {"train": self._generate_examples(range(4)), "test": self._without_classes()}

    def _without_classes(self) -> Any:
        for number, example in self._generate_examples(range(3)):
            yield number, {**example, "label": -1}


class SpokenWords(tfds.core.GeneratorBasedBuilder):
    """No pictures."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self) -> Any:
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict({"text": tfds.features.Text()}))

    def _split_generators(self, dl_manager: Any) -> Any:
        return {"train": self._generate_examples()}

    def _generate_examples(self) -> Any:
        yield 0, {"text": "word"}


class ByHand(ShadesOfGrey):
    """Cannot be downloaded."""

    MANUAL_DOWNLOAD_INSTRUCTIONS = "Register with the publishers."

    def _split_generators(self, dl_manager: Any) -> Any:
        return {"train": self._generate_examples([len(list(dl_manager.manual_dir.iterdir()))])}


class FromAfar(ShadesOfGrey):
    """Is downloaded."""

    def _split_generators(self, dl_manager: Any) -> Any:
        return {"train": self._generate_examples(dl_manager.download("https://bnn-zoo.invalid/pictures"))}


@pytest.fixture(scope="module", params=["tfrecord", "array_record"])
def prepared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp(request.param)
    config = tfds.download.DownloadConfig(num_shards=3)
    ShadesOfGrey(data_dir=folder, file_format=request.param).download_and_prepare(download_config=config)
    return request.param, folder


@pytest.fixture
def file_format(prepared: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> str:
    use_folder(prepared[1], monkeypatch)
    return prepared[0]


def use_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # TFDS_DATA_DIR is read when the package is imported, which other tests have done.
    builder = tfds.builder
    monkeypatch.setattr(tfds, "builder", lambda name: builder(name, data_dir=folder))


def test_into_memory(file_format: str) -> None:
    assert split_names("tfds:shades_of_grey") == ("test", "train")
    dataset = load_dataset("tfds:shades_of_grey", "train")
    greys = dataset.images[:, 0, 0, 0]
    assert dataset.images.shape == (40, 4, 6, 3) and sorted(greys.tolist()) == list(range(40))
    np.testing.assert_array_equal(dataset.labels, greys % 2)
    assert dataset.class_names == ("even", "odd")
    assert sorted(load_dataset("tfds:shades_of_grey", "test").images[:, 0, 0, 0].tolist()) == [100, 101, 102]
    assert load_dataset("tfds:shades_of_grey", "train", size=(2, 2)).images.shape == (40, 2, 2, 3)


def test_streamed_in_any_order_and_by_several_threads(file_format: str) -> None:
    whole = load_dataset("tfds:shades_of_grey", "train")
    streamed = open_dataset("tfds:shades_of_grey", "train", streaming=True)
    order = np.random.default_rng(0).permutation(40)
    with ThreadPoolExecutor(8) as pool:
        for index, (picture, label) in zip(order, pool.map(streamed.read, order.tolist()), strict=True):
            np.testing.assert_array_equal(picture, whole.images[index])
            assert label == whole.labels[index]


def test_slices(file_format: str) -> None:
    whole = load_dataset("tfds:shades_of_grey", "train").images
    parts = [load_dataset("tfds:shades_of_grey", f"train[{part}]").images for part in (":37%", "37%:")]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_a_slice_to_train_on(file_format: str) -> None:
    source = "tfds:shades_of_grey"
    assert training_split(source) == "train"
    assert len(load_dataset(source, training_split(source, "train[:90%]"))) == 36
    with pytest.raises(ValueError, match="split is 'trian\\[:90%\\]'.*'test', 'train'"):
        load_dataset(source, training_split(source, "trian[:90%]"))


def test_some_can_be_held_out_of_what_is_streamed(file_format: str) -> None:
    rest, held_out = split_off(open_dataset("tfds:shades_of_grey", "train", streaming=True), 7, seed=1)
    greys = [part.read(index)[0][0, 0, 0] for part in (rest, held_out) for index in range(len(part))]
    assert (len(rest), len(held_out)) == (33, 7) and sorted(greys) == list(range(40))


@pytest.mark.parametrize("split", ["validation", None, "train[nonsense]"])
def test_an_unknown_split_is_named(file_format: str, split: str | None) -> None:
    with pytest.raises(ValueError, match=r"'test', 'train'|train\[nonsense\]"):
        load_dataset("tfds:shades_of_grey", split)


def test_damaged_records(prepared: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ShadesOfGrey(data_dir=tmp_path, file_format="tfrecord").download_and_prepare()
    use_folder(tmp_path, monkeypatch)
    (file,) = tmp_path.rglob("*train.tfrecord*")
    data = file.read_bytes()
    at = data.index(b"PNG", len(data) // 4)
    file.write_bytes((data[:at] + b"???" + data[at + 3 :])[: len(data) * 3 // 4])
    with pytest.raises(ImageError, match="picture"):
        load_dataset("tfds:shades_of_grey", "train")
    dataset = load_dataset("tfds:shades_of_grey", "train", on_bad="skip")
    assert 25 < len(dataset) < 32 and len(dataset) + len(dataset.skipped) == 40
    streamed = open_dataset("tfds:shades_of_grey", "train", streaming=True)
    with pytest.raises(ImageError, match=r"record 39: the file ends after \d\d records"):
        streamed.read(39)


@pytest.mark.parametrize("on_bad", ["stop", "skip"])
def test_pictures_without_a_class_are_refused(prepared: tuple[str, Path], on_bad: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    file_format, folder = prepared
    Withheld(data_dir=folder, file_format=file_format).download_and_prepare()
    use_folder(folder, monkeypatch)
    words = r"tfds:withheld test, picture \d: has no class \(its label is -1\); take another split"
    for read in (load_dataset, open_dataset):
        with pytest.raises(ValueError, match=words):
            read("tfds:withheld", "test", on_bad=on_bad)
    with pytest.raises(ValueError, match=words):
        open_dataset("tfds:withheld", "test", on_bad, streaming=True).read(0)
    assert len(load_dataset("tfds:withheld", "train")) == 4


def test_what_there_is_not() -> None:
    with pytest.raises(ValueError, match="no 'cifar11'. Did you mean .*cifar10"):
        load_dataset("tfds:cifar11")
    with pytest.raises(ValueError, match="refused by TensorFlow Datasets"):
        load_dataset("tfds:cifar10/no_such_config")


def test_what_has_no_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_folder(tmp_path, monkeypatch)
    with pytest.raises(ValueError, match="has the features text"):
        load_dataset("tfds:spoken_words")


def test_what_cannot_be_prepared_says_where_files_may_be_put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_folder(tmp_path, monkeypatch)
    with pytest.raises(OSError, match=r"(?s)could not be prepared in .*Register with the publishers.*downloads/manual"):
        load_dataset("tfds:by_hand", "train")
    (tmp_path / "downloads" / "manual").mkdir(parents=True)
    (tmp_path / "downloads" / "manual" / "file.zip").write_bytes(b"")
    assert len(load_dataset("tfds:by_hand", "train")) == 1


def test_without_the_package_the_command_is_named() -> None:
    code = (
        "import sys; sys.modules['tensorflow_datasets'] = None; from bnn_zoo.data import load_dataset; load_dataset('tfds:mnist')"
    )
    assert 'pip install "bnn-zoo[tfds]"' in run_python(code).stderr


def test_offline_is_told_soon_and_in_one_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any, caplog: pytest.LogCaptureFixture
) -> None:
    use_folder(tmp_path, monkeypatch)
    start = time.monotonic()
    words = "could not be prepared in .*: a server's name was not found .*bnn-zoo.invalid.*is this machine online"
    with pytest.raises(OSError, match=words):
        load_dataset("tfds:from_afar")
    assert time.monotonic() - start < 60, "TensorFlow Datasets tries for more than three minutes"
    assert capfd.readouterr() == ("", ""), "no progress bars where no terminal is, and nothing among the results"
    assert not [record for record in caplog.records if record.name.startswith("urllib3")], "the error tells of it"
