"""Networks side by side: what may be named, what is told, and in which forms."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fresh_process import printed_by
from networks import small_network
from PIL import Image

import bnn_zoo
from bnn_zoo._keras import keras
from bnn_zoo.comparison.column import Column
from bnn_zoo.comparison.columns import COLUMNS
from bnn_zoo.comparison.page_data import page_data
from bnn_zoo.comparison.pareto import pareto_front
from bnn_zoo.comparison.result import Comparison
from bnn_zoo.comparison.row import Accuracy
from bnn_zoo.comparison.subjects import find_subjects
from bnn_zoo.data import CIFAR10
from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.data.images import ImageError
from bnn_zoo.hub import save_pretrained
from bnn_zoo.hub.weight_set import Metric
from bnn_zoo.inference import preprocessing_of


def test_the_whole_zoo_in_under_two_seconds_without_tensorflow() -> None:
    code = (
        "import sys, time\nstart = time.perf_counter()\nimport bnn_zoo\nfound = bnn_zoo.compare()\nfound.table(), found.to_json()\n"
        "print(time.perf_counter() - start, len(found), 'tensorflow' in sys.modules)"
    )
    answers = [printed_by(code).split() for _ in range(3)]
    assert all(answer[1:] == [str(len(bnn_zoo.list_models())), "False"] for answer in answers)
    # The fastest: what else the machine does can only add to it.
    assert min(float(answer[0]) for answer in answers) < 2


def test_what_may_be_named(tmp_path: Path) -> None:
    save_pretrained(bnn_zoo.create_model("birealnet", input_shape=(32, 32, 3), num_classes=4, filters=8), tmp_path / "mine")
    model = small_network(name="my_model")
    found = bnn_zoo.compare(
        ["*densenet28*", "quicknet.imagenet", "BiRealNet", tmp_path / "mine", model, model, small_network(name="my_model")]
    )
    names = ["binary_densenet28", "quicknet.imagenet", "birealnet", str(tmp_path / "mine"), "my_model", "my_model (2)"]
    assert [row.name for row in found] == names
    assert found["quicknet.imagenet"].figures == bnn_zoo.model_info("quicknet").figures
    mine = found[str(tmp_path / "mine")].figures
    assert mine.input_shape == (32, 32, 3) and mine.parameters < 1e6
    assert found["my_model"].figures.shortcuts == 2 and found["my_model"].published is None
    assert len(bnn_zoo.compare(model)) == 1 and len(bnn_zoo.compare("birealnet")) == 1


def test_accuracies_come_with_who_reported_them() -> None:
    found = bnn_zoo.compare(["birealnet", "binarynet"])
    frame = found.to_dataframe()
    assert tuple(frame.loc["birealnet", ["top1", "top1_dataset", "top1_by"]]) == (57.5, "ImageNet", "larq-zoo")
    assert tuple(frame.loc["binarynet", ["top1", "top1_dataset", "top1_by"]]) == (89.85, "CIFAR-10", "paper")
    packaged = bnn_zoo.compare("birealnet.cifar10")[0].published
    assert packaged is not None and packaged.data_set == "CIFAR-10" and "bnn-zoo evaluate" in packaged.by


def test_top1_and_top5_are_of_the_same_data_by_the_same() -> None:
    metrics = [Metric("top-1", 50.0, "A", "x"), Metric("top-5", 80.0, "A", "x"), Metric("top-1", 60.0, "B", "x")]
    for more, expected in ((), None), ((Metric("top-5", 90.0, "B", "y"),), None), ((Metric("top-5", 91.0, "B", "x"),), 91.0):
        weights = dataclasses.replace(bnn_zoo.hub.find_weight_set("birealnet", "cifar10"), metrics=(*metrics, *more))
        assert bnn_zoo.compare(weights)[0].published == Accuracy(60.0, expected, "B", "x")


def test_another_input_shape_counts_anew() -> None:
    usual, small = bnn_zoo.compare("quicknet")[0].figures, bnn_zoo.compare("quicknet", input_shape=(64, 64, 3))[0].figures
    assert small.input_shape == (64, 64, 3) and small.parameters == usual.parameters and small.macs_binary < usual.macs_binary / 10
    free = keras.Input((None, None, 3))
    model = keras.Model(free, keras.layers.Conv2D(4, 3, padding="same", use_bias=False)(free), name="free")
    assert bnn_zoo.compare(model, input_shape=(10, 12, 3))[0].figures.macs_real == 120 * 27 * 4
    with pytest.raises(ValueError, match="input_shape"):
        bnn_zoo.compare(model)
    with pytest.raises(ValueError, match=r"takes pictures of \(16, 16, 3\), not of input_shape=\(32, 32, 3\)"):
        bnn_zoo.compare(small_network(), input_shape=(32, 32, 3))


@pytest.mark.parametrize(
    ("models", "error", "words"),
    [
        ("birealnett", ValueError, "Did you mean birealnet"),
        ("birealnet.nonsense", ValueError, "no weight set 'nonsense'"),
        ("*nothing*", ValueError, "no name matches"),
        ("./nowhere", Exception, "no such folder or file"),
        ([], ValueError, "models is empty"),
        ([3], TypeError, "models holds 3"),
    ],
)
def test_mistakes(models: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        bnn_zoo.compare(models)


def test_mistakes_in_what_to_measure(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="known are openvino, lce, keras"):
        bnn_zoo.compare("birealnet", latency=["tensorrt"])
    with pytest.raises(ValueError, match="repeats is 2"):
        bnn_zoo.compare("birealnet", latency=["keras"], repeats=2)
    with pytest.raises(FileNotFoundError, match="no such file or folder"):
        bnn_zoo.compare("birealnet.cifar10", data=tmp_path / "nowhere")
    with pytest.raises(ValueError, match="has no pictures in it"):
        bnn_zoo.compare("birealnet.cifar10", data=tmp_path)
    with pytest.raises(ValueError, match="height, width, channels"):
        bnn_zoo.compare("birealnet", input_shape=(32, 32))  # type: ignore[arg-type]


def test_sorting_puts_the_best_first_and_the_unknown_last() -> None:
    found = bnn_zoo.compare([*bnn_zoo.list_models("*net*"), small_network()])
    names = [row.name for row in found.sorted("top1")]
    assert names[0] == "binarynet" and names[-1] == "small"
    sizes = [row.figures.size_mib for row in found.sorted("size_mib")]
    assert sizes == sorted(sizes)
    assert [row.figures.size_mib for row in found.sorted("size_mib", descending=True)] == sizes[::-1]
    with pytest.raises(ValueError, match="Did you mean size_mib"):
        found.sorted("size_mb")


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.key)
def test_every_column_sorts(column: Column) -> None:
    found = bnn_zoo.compare()
    if column.key.startswith("measured"):
        with pytest.raises(ValueError, match="no column"):
            found.sorted(column.key)
        return
    values = [column.value(row) for row in found.sorted(column.key)]
    known = [value for value in values if value is not None]
    assert known and values == [*sorted(known, reverse=column.better == "larger"), *[None] * (len(values) - len(known))]
    first = found.table(sort=column.key).splitlines()[1].split()[0]
    assert first == found.sorted(column.key)[0].name


def test_all_forms_hold_the_same() -> None:
    found = bnn_zoo.compare(["birealnet", "quicknet"])
    keys = [column.key for column in found.columns]
    assert "measured_top1" not in keys, "a column without values is left out"
    values = json.loads(found.to_json())
    assert [column["key"] for column in values["columns"]] == keys and all(column["explain"] for column in values["columns"])
    frame = found.to_dataframe()
    for entry in values["networks"]:
        for key in keys[1:]:
            assert frame.loc[entry["name"], key] == entry[key]
    text, markdown = found.table(columns=keys), found.to_markdown(columns=keys)
    for column in found.columns:
        for row in found:
            assert column.cell(row) in text and f"| {column.cell(row)} |" in markdown
    assert "a*b/64" in found.to_dataframe().attrs["operations"]


def test_a_table_that_is_too_wide_says_what_it_leaves_out() -> None:
    text = bnn_zoo.compare().table(width=80)
    assert max(map(len, text.splitlines())) <= 80
    assert "Left out for lack of room: " in text and "shortcuts" in text.rpartition("room:")[2]


def test_json_can_be_written_where_only_ascii_can() -> None:
    named = Comparison((dataclasses.replace(bnn_zoo.compare("quicknet")[0], name="wäights"),)).to_json()
    assert named.isascii() and json.loads(named)["networks"][0]["name"] == "wäights"


def test_a_comparison_is_a_sequence_and_columns_may_be_one() -> None:
    found = bnn_zoo.compare(["birealnet", "quicknet", "binarynet"])
    assert found[np.int64(1)] is found["quicknet"] is found[-2]
    assert [row.name for row in found[1:]] == ["quicknet", "binarynet"] and "birealnet" not in found[1:].table()
    assert found.table(columns="name") == found.table(columns=["name"])
    with pytest.raises(KeyError, match="'densenet' was not compared; there are birealnet, quicknet"):
        found["densenet"]


def test_the_pages_python_code_makes_what_its_row_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = "birealnet.dir/model"
    shutil.copytree(Path(__file__).parents[2] / "weights" / "birealnet-cifar10", folder)
    found = bnn_zoo.compare(["birealnet", "birealnet.cifar10", folder])
    assert [network["code"] for network in page_data(found.rows, found.columns)["networks"]] == [
        'bnn_zoo.create_model("birealnet")',
        'bnn_zoo.create_model("birealnet.cifar10")',
        f'bnn_zoo.load_pretrained("{folder}")',
    ]


def test_names_do_not_break_a_markdown_table() -> None:
    images = keras.Input((8, 8, 3))
    model = keras.Model(images, keras.layers.Conv2D(2, 3)(images), name="a|b")
    assert r"| a\|b |" in bnn_zoo.compare(model).to_markdown()


def test_columns_are_all_explained() -> None:
    assert len({column.key for column in COLUMNS}) == len(COLUMNS)
    assert all(column.explain.endswith(".") for column in COLUMNS)


def test_pareto_front() -> None:
    points = [(1.0, 5.0), (2.0, 5.0), (3.0, 9.0), (2.5, 8.0), (3.0, 8.5), (1.0, 5.0)]
    assert pareto_front(points, ("smaller", "larger")) == [0, 5, 3, 2]
    assert pareto_front(points, ("larger", "larger")) == [2]
    assert pareto_front([], ("smaller", "smaller")) == []


def test_latency_on_every_backend() -> None:
    found = bnn_zoo.compare(small_network(), latency=["keras", "openvino", "lce"], threads=1, repeats=5, progress=False)
    (row,) = found
    assert not row.notes
    for backend in ("keras", "openvino", "lce"):
        taken = row.latency(backend)
        assert taken is not None and 0 < taken.low <= taken.milliseconds <= taken.high and taken.repeats == 5
    frame = found.to_dataframe()
    assert frame.loc["small", "latency_openvino"] == row.latency("openvino").milliseconds  # type: ignore[union-attr]
    assert frame.loc["small", "latency_openvino_spread"] >= 0
    assert "openvino, ms" in found.table()


def test_what_a_backend_cannot_run_is_noted() -> None:
    images = keras.Input((8, 8, 3))
    model = keras.Model(images, keras.layers.Lambda(lambda x: x * 2, name="twice")(images), name="odd")
    found = bnn_zoo.compare(model, latency=["openvino", "keras"], repeats=3)
    (note,) = found.notes()
    assert note.startswith("odd: not measured on openvino: ") and "twice" in note
    assert found[0].latency("keras") is not None


def test_accuracy_here() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (12, 16, 16, 3)).astype(np.uint8)
    data = ImageDataset(pictures, np.arange(12) % 5, tuple("abcde"))
    model = small_network()
    found = bnn_zoo.compare([model, "birealnet"], data=data, labels=tuple("abcde"))
    expected = bnn_zoo.evaluate(model, data, labels=tuple("abcde"))
    measured = found["small"].measured
    assert measured is not None and (measured.top1, measured.top5, measured.pictures) == (expected.top1, expected.top5, 12)
    assert found["birealnet"].measured is None
    assert any(note.startswith("birealnet: accuracy not measured: it has no weights") for note in found.notes())
    assert "top-1 here" in found.table()


def test_labels_are_for_networks_without_their_own(tmp_path: Path) -> None:
    data = ImageDataset(np.zeros((5, 16, 16, 3), np.uint8), np.arange(5), tuple("abcde"))
    save_pretrained(small_network(), tmp_path, labels=list("vwxyz"), preprocessing=CIFAR10)
    own, bare = bnn_zoo.compare([tmp_path, small_network()], data=data, labels=list("abcde"))
    assert own.measured is None and "'a' of the data is none of the model's" in own.notes[0] and bare.measured is not None
    with pytest.raises(ValueError, match="labels is 'abcde'; it has to be a list"):
        bnn_zoo.compare(small_network(), data=data, labels="abcde")


def test_a_picture_that_cannot_be_read_stops_or_is_noted(tmp_path: Path) -> None:
    for name in "abcde":
        (tmp_path / name).mkdir()
        Image.new("RGB", (16, 16)).save(tmp_path / name / "1.png")
    (tmp_path / "e" / "2.png").write_bytes(b"\x89PNG nothing")
    with pytest.raises(ImageError, match=r"2\.png"):
        bnn_zoo.compare(small_network(), data=tmp_path, labels=list("abcde"))
    (row,) = bnn_zoo.compare(small_network(), data=tmp_path, labels=list("abcde"), on_bad="skip")
    assert row.measured is not None and row.measured.pictures == 5
    assert row.notes[0].startswith("accuracy without 1 of 6 pictures, which could not be read: ") and "2.png" in row.notes[0]


def test_what_cannot_be_scored_or_read_costs_no_measured_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    data = ImageDataset(np.zeros((5, 16, 16, 3), np.uint8), np.arange(5), tuple("abcde"))
    images = keras.Input((16, 16, 3))
    twice = keras.Model(images, [small_network()(images)] * 2, name="twice")
    found = bnn_zoo.compare([small_network(), twice], data=data, labels=list("abcde"))
    assert found["small"].measured is not None and "accuracy not measured: twice gives" in found["twice"].notes[0]
    monkeypatch.setattr("bnn_zoo.evaluation.evaluate", lambda *_, **__: pytest.fail("measured"))
    with pytest.raises(TypeError, match="functional or sequential"):
        bnn_zoo.compare([small_network(), Subclassed()], data=data, labels=list("abcde"))


def test_subjects_say_what_needs_no_building() -> None:
    stored = {subject.name: subject.is_stored for subject in find_subjects(["birealnet", "quicknet.imagenet", "birealnet.cifar10"])}
    assert stored == {"birealnet": True, "quicknet.imagenet": True, "birealnet.cifar10": False}
    assert not find_subjects("birealnet", (64, 64, 3))[0].is_stored


def test_a_weight_set_of_a_network_that_is_not_of_the_zoo_is_compared_at_the_size_that_was_asked_for(tmp_path: Path) -> None:
    free = keras.Input((None, None, 3))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(5, 3, padding="same", use_bias=False)(free))
    save_pretrained(keras.Model(free, x, name="free"), tmp_path / "free", labels=list("abcde"), preprocessing=bnn_zoo.data.CIFAR10)
    save_pretrained(small_network(), tmp_path / "fixed")
    found = bnn_zoo.compare(tmp_path / "free", input_shape=(8, 10, 3))
    assert found[0].figures.macs_real == 80 * 27 * 5
    with pytest.raises(ValueError, match=r"takes pictures of \(16, 16, 3\), not of input_shape=\(32, 32, 3\)"):
        bnn_zoo.compare(tmp_path / "fixed", input_shape=(32, 32, 3))
    # What was fixed for the comparison still knows its classes, and how its pictures are prepared.
    (subject,) = find_subjects(bnn_zoo.load_pretrained(tmp_path / "free"), (32, 32, 3))
    assert preprocessing_of(subject.build()) == preprocessing_of(subject.model)
    data = ImageDataset(np.zeros((5, 32, 32, 3), np.uint8), np.arange(5), tuple("abcde"))
    assert bnn_zoo.compare(subject.model, input_shape=(32, 32, 3), data=data)[0].measured is not None


def test_no_accuracy_beside_operations_of_another_size() -> None:
    usual, small = bnn_zoo.compare("birealnet"), bnn_zoo.compare("birealnet", input_shape=(64, 64, 3))
    assert usual[0].published is not None and small[0].published is None
    assert bnn_zoo.compare("birealnet", input_shape=(224, 224, 3))[0].published is not None


class Subclassed(keras.Model):  # type: ignore[misc]
    def call(self, inputs: Any) -> Any:
        return inputs


@pytest.mark.parametrize("called", [False, True])
def test_models_without_a_graph(called: bool) -> None:
    for model in (keras.Sequential([keras.layers.ReLU()]), Subclassed()):
        if called and isinstance(model, Subclassed):
            model(np.zeros((1, 8, 8, 3), np.float32))
        for input_shape in (None, (8, 8, 3)):
            with pytest.raises(TypeError, match="functional or sequential"):
                bnn_zoo.compare([model], input_shape=input_shape)
