"""A network layer by layer, timed, and two of them side by side."""

from __future__ import annotations

import dataclasses
import json

import pytest
from fresh_process import run_python
from networks import small_network

import bnn_zoo
from bnn_zoo._keras import keras


def test_rows_add_up_to_the_figures() -> None:
    profile = bnn_zoo.profile(small_network())
    rows = profile.rows()
    assert sum(row["parameters"] for row in rows) == profile.figures.parameters == small_network().count_params()
    assert sum(row["macs"] for row in rows) == profile.figures.macs
    assert sum(row["bytes"] for row in rows) / 2**20 == pytest.approx(profile.figures.size_mib, abs=1e-4)
    assert profile.to_dataframe().loc["two", "input_bits"] == 1
    assert json.loads(profile.to_json())["layers"][1]["name"] == "stem"


def test_a_network_of_the_zoo_without_tensorflow() -> None:
    code = (
        "import sys, bnn_zoo\nprint(bnn_zoo.profile('binarynet').diff(bnn_zoo.profile('xnornet')))\n"
        "print(bnn_zoo.profile('binarynet'), file=sys.stderr)\nprint('tensorflow' in sys.modules)"
    )
    done = run_python(code)
    assert done.stdout.splitlines()[-1] == "False"
    assert "keep the first layer in full precision" in done.stderr and "docs.larq.dev" in done.stderr


@pytest.mark.parametrize("width", [60, 80, 100])
def test_a_narrow_terminal_gets_whole_lines(width: int) -> None:
    profile = bnn_zoo.profile("xnornet")
    lines = profile.table(width).splitlines()
    assert max(map(len, (line for line in lines if "https://" not in line))) <= width
    assert any(line.startswith("Left out for lack of room: kind") for line in lines)
    assert sum("G" in line for line in lines if line.startswith("xnornet")) == 1, "the MACs stay"
    difference = profile.diff(bnn_zoo.profile("binary_alexnet")).table(width)
    assert max(map(len, difference.splitlines())) <= width
    wide = profile.diff(bnn_zoo.profile("binary_alexnet")).table()
    told = [line.split(maxsplit=4)[4].split() for line in wide.splitlines() if line.startswith("~")]
    assert told and all(word in difference.split() for words in told for word in words)


def test_times_by_backend() -> None:
    model = small_network()
    profile = bnn_zoo.profile(model, latency=["openvino", "keras"], threads=1, repeats=3)
    assert {"stem_bn", "one", "two"} <= set(profile.times["openvino"])
    assert set(profile.times["keras"]) == {layer.name for layer in profile.layers[1:]}
    assert all(time >= 0 for times in profile.times.values() for time in times.values())
    head = profile.table().splitlines()[0]
    assert "openvino, ms" in head and "keras, ms" in head


def test_every_use_of_a_layer_has_its_time_and_names_may_have_slashes() -> None:
    images = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(16, 3, padding="same", name="stage1/conv1")(images)
    shared = keras.layers.Conv2D(16, 3, padding="same", activation="tanh", name="stage1/conv2")
    x = keras.layers.GlobalAveragePooling2D(name="pool")(shared(shared(x)))
    profile = bnn_zoo.profile(keras.Model(images, keras.layers.Dense(10, name="logits")(x)), latency=["openvino"], repeats=3)
    assert {"stage1/conv1", "stage1/conv2", "stage1/conv2:2", "logits"} <= set(profile.times["openvino"])
    assert {"stage1", "stage1/conv2_1"}.isdisjoint(profile.times["openvino"])


def test_a_row_for_no_single_layer_where_there_is_such_a_time() -> None:
    profile = bnn_zoo.profile(small_network())
    timed = dataclasses.replace(profile, times={"openvino": {"one": 1.0, "reorder": 0.25}, "keras": {"one": 2.0}})
    assert [line.split()[4:] for line in timed.table().splitlines() if line.startswith("of no single layer")] == [["0.250"]]
    timed = dataclasses.replace(profile, times={"keras": {"one": 2.0}})
    assert "of no single layer" not in timed.table()


def test_mistakes() -> None:
    with pytest.raises(ValueError, match="openvino and keras"):
        bnn_zoo.profile("birealnet", latency=["lce"])
    with pytest.raises(ValueError, match="means 4 networks"):
        bnn_zoo.profile("*densenet*")
    with pytest.raises(ValueError, match="Did you mean birealnet"):
        bnn_zoo.profile("birealnett")
    for wrong in ({"repeats": 0}, {"threads": 0}):
        with pytest.raises(ValueError, match=f"{next(iter(wrong))} is 0"):
            bnn_zoo.profile("birealnet", latency=["openvino"], **wrong)


@pytest.mark.parametrize("backend", ["openvino", "keras"])
def test_layers_of_a_free_size_cannot_be_timed(backend: str) -> None:
    images = keras.Input((None, None, 3))
    model = keras.Model(images, keras.layers.ReLU()(images))
    with pytest.raises(ValueError, match=r"pass input_shape=\(224, 224, 3\)"):
        bnn_zoo.profile(model, latency=backend, repeats=3)


def test_diff_of_a_network_and_itself() -> None:
    profile = bnn_zoo.profile("birealnet")
    assert {row.status for row in profile.diff(profile).rows} == {"same"}
    assert "nothing differs" in str(profile.diff(profile))


def test_diff_tells_what_changed() -> None:
    before, after = bnn_zoo.profile(small_network()), bnn_zoo.profile(small_network("bias"))
    (changed,) = [row for row in before.diff(after).rows if row.status != "same"]
    assert changed.after is not None and changed.after.name == "one" and changed.status == "changed"
    assert changed.changes["has_bias"] == (False, True) and changed.changes["parameters"] == (9 * 64, 9 * 64 + 8)
    text = before.diff(after).table()
    assert "bias False -> True" in text and "weights 576 -> 584" in text


def test_diff_tells_what_was_added_and_removed() -> None:
    before, after = bnn_zoo.profile(small_network("pooling")), bnn_zoo.profile(small_network())
    rows = before.diff(after).rows
    assert {row.before.name for row in rows if row.status == "removed" and row.before} == {"pooled", "pooled_bn", "pool"}
    assert {row.after.name for row in after.diff(before).rows if row.status == "added" and row.after} == {
        "pooled",
        "pooled_bn",
        "pool",
    }
    assert json.loads(before.diff(after).to_json())["names"] == ["small", "small"]
    # All layers of both are there, in their order.
    assert [row.before.name for row in rows if row.before] == [layer.name for layer in before.layers]
    assert [row.after.name for row in rows if row.after] == [layer.name for layer in after.layers]


def test_layers_of_other_names_are_matched_by_what_they_are() -> None:
    rows = bnn_zoo.profile("binary_resnet_e18").diff(bnn_zoo.profile("real_to_binary_net")).rows
    convolutions = [row for row in rows if row.before and row.before.kind == "QuantConv2D"]
    assert len(convolutions) == 16 and {row.status for row in convolutions} == {"same"}
