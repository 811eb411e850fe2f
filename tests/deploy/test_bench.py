"""Measurements: every combination gets its row, and what cannot be measured says why."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from deploy_models import narrow_model

from bnn_zoo._keras import keras, larq
from bnn_zoo.cli.measurements import format_rows
from bnn_zoo.deploy import bench, bench_process, bench_worker, profile
from bnn_zoo.deploy.profile import LayerTime, by_kind, profile_layers, with_roofline
from bnn_zoo.deploy.roofline import Roofline, measure_roofline
from bnn_zoo.deploy.timing import Measurement


def test_each_combination_has_a_row(capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("openvino")
    rows = bench.measure_latencies(["binarynet"], ["keras", "openvino"], threads=[1], batch_sizes=[1, 2], repeats=3)
    assert capfd.readouterr() == ("", "")  # TensorFlow's start-up lines in the workers
    assert [(row.backend, row.threads, row.batch_size) for row in rows] == [
        ("keras", 1, 1),
        ("keras", 1, 2),
        ("openvino", 1, 1),
        ("openvino", 1, 2),
    ]
    for row in rows:
        assert isinstance(row, Measurement)
        assert 0 < row.low <= row.milliseconds <= row.high
        assert row.per_picture == row.milliseconds / row.batch_size
    assert json.loads(format_rows(rows, "json"))[0]["model"] == "binarynet"
    assert len(format_rows(rows, "csv").splitlines()) == len(format_rows(rows).splitlines()) == 5


def test_a_weight_sets_folder_is_measured() -> None:
    folder = str(Path(__file__).parents[2] / "weights" / "birealnet-cifar10")
    (row,) = bench.measure_latencies([folder], ["keras"], threads=[1], repeats=3)
    assert isinstance(row, Measurement) and row.model == folder
    assert bench_worker.build(folder).output_shape == (None, 10)
    with pytest.raises(ValueError, match="no network named 'nowhere', and no such folder"):
        bench.measure_latencies(["nowhere"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"backends": ["onnx"]}, "backends has 'onnx'"),
        ({"repeats": 2}, "at least 3"),
        ({"threads": (1, 0)}, "threads has 0"),
        ({"batch_sizes": (0,)}, "batch_sizes has 0"),
    ],
)
def test_wrong_arguments(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bench.measure_latencies(["binarynet"], **arguments)  # type: ignore[arg-type]


def test_layers_are_named_and_shares_sum_to_one() -> None:
    pytest.importorskip("openvino")
    rows = profile_layers(narrow_model("birealnet", input_shape=(64, 64, 3), filters=64), repeats=3)
    assert {"section_0_block_0_conv", "stem_bn"} & {row.name for row in rows}
    assert sum(row.share for row in rows) == pytest.approx(1)
    binary = next(row for row in by_kind(rows) if row.kind == "BinaryConvolution")
    assert isinstance(binary, LayerTime) and "jit" in binary.implementation


def test_binary_layers_are_held_against_the_roofline(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openvino")
    measured = []
    monkeypatch.setattr(profile, "measure_roofline", lambda: measured.append(1) or Roofline("made up", 1e12))
    timed = profile_layers(narrow_model("birealnet", input_shape=(64, 64, 3), filters=64), repeats=3)
    assert not measured and all(row.of_roofline is None for row in timed), "the times alone need no roofline"
    rows = with_roofline(timed)
    first = next(row for row in rows if row.name == "section_0_block_0_conv")
    assert first.binary_macs == 3 * 3 * 64 * 64 * 16 * 16
    assert first.of_roofline == pytest.approx(first.binary_macs / (first.milliseconds / 1e3) / 1e12)
    binary = next(row for row in by_kind(rows) if row.kind == "BinaryConvolution")
    assert binary.of_roofline == pytest.approx(binary.binary_macs / (binary.milliseconds / 1e3) / 1e12)
    other = next(row for row in rows if row.kind == "Convolution")
    assert other.binary_macs == 0 and other.of_roofline is None
    halves = with_roofline(timed, threads=2)
    assert halves[rows.index(first)].of_roofline == pytest.approx(first.of_roofline / 2)
    assert with_roofline([other]) == [other] and len(measured) == 2, "without a binary layer nothing is measured"


def test_the_operations_of_every_binary_node_are_counted() -> None:
    """Of two nodes of one layer, of layers of one name, and without the channels that fill up bytes."""
    pytest.importorskip("openvino")
    options = {"padding": "same", "input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign", "kernel_constraint": "weight_clip"}

    def member(channels: int, **more: Any) -> keras.Model:
        images = keras.Input((8, 8, channels))
        return keras.Model(images, larq.layers.QuantConv2D(60, 3, name="conv", **options, **more)(images))

    images = keras.Input((8, 8, 64))
    wide = member(60, dilation_rate=4)  # padded by more than the kernels take, with zeros: two convolutions of signs
    rows = profile_layers(keras.Model(images, member(60)(wide(member(64)(images)))), repeats=5)
    found = {row.name: row.binary_macs for row in rows if row.kind == "BinaryConvolution"}
    each = 3 * 3 * 60 * 8 * 8
    assert found == {"conv": 64 * each, "conv/2": 60 * each, "conv/3": 60 * each, "conv/4": 60 * each}


def test_the_roofline_is_what_a_processor_can_do() -> None:
    found = measure_roofline(seconds=0.001, repeats=5)
    if found is None:
        pytest.skip("code cannot be written at run time here")
    assert 1e10 < found.macs_per_second < 1e14
    assert Roofline("avx2", 100.0).share(50, seconds=1.0, threads=2) == 0.25


def dies(connection: Connection, threads: int) -> None:
    """Prepares all, and is killed as the system kills a process that takes too much memory: by a run of LCE."""
    while True:
        action, *what = connection.recv()
        if action == "run" and what[1] == "lce":
            os.kill(os.getpid(), signal.SIGKILL)
        connection.send(2.0 if action == "run" else None)


def test_a_process_that_dies_loses_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_process, "serve", dies)
    lost, *kept = bench.measure_latencies(["binarynet"], ["keras", "lce", "openvino"], threads=[1], repeats=3)
    assert isinstance(lost, bench.NotMeasured) and (lost.backend, lost.threads) == ("lce", 1)
    assert lost.reason == "the measuring process was ended by SIGKILL; it may have run out of memory."
    assert [(row.backend, isinstance(row, Measurement) and row.repeats) for row in kept] == [("keras", 3), ("openvino", 3)]


def test_a_new_process_prepares_what_the_one_before_it_had() -> None:
    worker = bench_process.MeasuringProcess(1)
    try:
        assert worker.ask("run", "binarynet", "keras", 1) > 0
        assert worker.ask("run", "nowhere", "keras", 1).startswith("ValueError: ")
    finally:
        worker.close()


def test_a_script_without_a_guard_is_told_of_it(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("from bnn_zoo import deploy\ndeploy.measure_latencies(['binarynet'], ['keras'], threads=[1], repeats=3)\n")
    result = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert "ChildProcessError: a measuring process could not be started" in result.stderr
    assert 'under `if __name__ == "__main__":`' in result.stderr


def test_a_run_that_fails_is_a_row() -> None:
    answers = [None, 2.0, "MemoryError: no room", None]
    worker = SimpleNamespace(ask=lambda *question: answers.pop(0))
    (row,) = bench._measure_model("binarynet", ["keras"], {1: worker}, [1], repeats=3)  # type: ignore[dict-item]
    assert isinstance(row, bench.NotMeasured) and row.reason == "MemoryError: no room" and not answers
