"""Tables of measurements in a terminal of 80 columns."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bnn_zoo.cli import deploying, measurements
from bnn_zoo.cli.measurements import format_rows
from bnn_zoo.deploy import bench as latencies
from bnn_zoo.deploy import bench_worker, profile
from bnn_zoo.deploy.profile import LayerTime
from bnn_zoo.deploy.timing import Measurement

ROWS = [Measurement.of("binary_densenet37_dilated", backend, 2, 1, [1000.0, 2000.0, 3000.0]) for backend in ("keras", "openvino")]
RANKS = {"repeats": 3, "per_picture": 2}


def test_a_terminal_gets_what_it_has_room_for(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(measurements, "terminal_width", lambda: 94)
    measurements.show_rows(ROWS, "table", RANKS)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 94 and "milliseconds" in lines[0] and "high" in lines[0]
    assert lines[-1].startswith("Left out for lack of room: per_picture, repeats") or lines[-1].endswith("repeats.")


@pytest.mark.parametrize("form", ["csv", "json", "table"])
def test_files_and_pipes_get_everything(form: str, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(measurements, "terminal_width", lambda: None if form == "table" else 40)
    measurements.show_rows(ROWS, form, RANKS)
    text = capsys.readouterr().out
    assert all(name in text for name in ("per_picture", "repeats", "binary_densenet37_dilated", "openvino"))


def test_no_line_ends_in_spaces() -> None:
    rows = [LayerTime("stem", "Convolution", "jit", 2.0, 0.5), LayerTime("conv", "BinaryConvolution", "jit", 2.0, 0.5, 9, 0.25)]
    lines = format_rows(rows).splitlines()
    assert lines == [line.rstrip() for line in lines] and lines[0].endswith("of_roofline") and lines[2].endswith("0.250")


def test_layers_of_several_networks_are_one_list(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(bench_worker, "build", lambda name: name)
    monkeypatch.setattr(profile, "profile_layers", lambda model, **settings: [LayerTime("stem", "Convolution", "jit", 2.0, 1.0)])
    for form in ("json", "csv"):
        deploying._bench_layers(["quicknet", "birealnet"], [1, 2], [1], 3, form)
        text = capsys.readouterr().out
        rows = json.loads(text) if form == "json" else text.splitlines()[1:]
        assert len(rows) == 4 and "birealnet" in str(rows[2]) and "stem" in str(rows[3])
    assert text.splitlines()[0].startswith("model,threads,batch_size,name,kind")


@pytest.mark.parametrize("name", ["stem", "section_4_block_0_pointwise_copy1_gate_mix_of_my_own"])
def test_layers_fit_a_terminal(name: str, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    row = LayerTime(name, "BinaryConvolution", "jit_avx512_u1, jit_avx512_of_another_kind", 2.0, 1.0, 10**9, 0.5)
    monkeypatch.setattr(bench_worker, "build", lambda name: name)
    monkeypatch.setattr(profile, "profile_layers", lambda model, **settings: [row])
    monkeypatch.setattr(profile, "with_roofline", lambda rows, threads: rows)
    monkeypatch.setattr(measurements, "terminal_width", lambda: 80)
    deploying._bench_layers(["quicknet"], [1], [1], 3, "table")
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80 and f"{name} " in "\n".join(lines)
    assert sum("milliseconds" in line for line in lines) == 2 and "Left out for lack of room: implementation" in "\n".join(lines)
    monkeypatch.setattr(measurements, "terminal_width", lambda: None)
    deploying._bench_layers(["quicknet"], [1], [1], 3, "table")
    assert "jit_avx512_of_another_kind" in capsys.readouterr().out


def test_bench_measures_what_wildcards_stand_for_each_once(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    asked: list[list[str]] = []

    def measure(models: list[str], *_settings: Any) -> list[Measurement]:
        asked.append(models)
        return ROWS

    monkeypatch.setattr(latencies, "measure_latencies", measure)
    deploying.bench(["quicknet*", "quicknet", "mobilenet_v2"], as_json=True)
    assert asked == [["quicknet", "quicknet_small", "quicknet_large", "mobilenet_v2"]]
    assert len(json.loads(capsys.readouterr().out)) == len(ROWS)
