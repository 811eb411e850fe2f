"""Precision and XLA are chosen by what was measured, once a run."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_runs import SMALL, noise_network

from bnn_zoo.training import bench, probe
from bnn_zoo.training.bench import SpeedSettings, measure_training
from bnn_zoo.training.probe import fastest, in_turn, settle
from bnn_zoo.zoo import create_model

SMALL_ONE = {"filters": 8, "section_blocks": (1,)}


def test_the_fastest_is_the_one_of_the_least_median(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = {("float32", False): 3.0, ("mixed_bfloat16", False): 2.0, ("float32", True): 9.0, ("mixed_bfloat16", True): 2.5}
    monkeypatch.setattr(probe, "_step", lambda build, recipe: lambda: seconds[recipe.precision, recipe.xla])
    monkeypatch.setattr(probe, "in_turn", lambda runs, rounds: {key: [run(), 0.1, 99.0][:rounds] for key, run in runs.items()})
    lines: list[str] = []
    chosen = fastest(noise_network, SMALL, say=lines.append)
    assert chosen == dataclasses.replace(SMALL, precision="mixed_bfloat16")
    assert len(lines) == 4 and "mixed_bfloat16 with XLA: 0.40 steps a second" in lines


def test_a_hopeless_one_is_not_measured_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []

    def step(build: object, recipe: Any) -> Callable[[], object]:
        return lambda: time.sleep(0.001 if recipe.precision == "float32" else 0.1) or taken.append(recipe.precision)

    monkeypatch.setattr(probe, "_step", step)
    lines: list[str] = []
    assert fastest(noise_network, SMALL, xla=(False,), say=lines.append).precision == "float32"
    assert taken.count("mixed_bfloat16") == 1 and taken.count("float32") == 6
    assert lines[0].startswith("mixed_bfloat16: ") and lines[0].endswith("steps a second, measured once")


@pytest.mark.parametrize(("times", "told"), [(14.6, True), (0.6, False)])
def test_a_processor_that_is_slow_in_bfloat16_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: float, told: bool
) -> None:
    assert probe.bfloat16_slowdown() > 0
    monkeypatch.setattr(probe, "bfloat16_slowdown", lambda: times)
    lines: list[str] = []
    settle(noise_network, SMALL, tmp_path, "mixed_bfloat16", "recipe", lines.append)
    assert any("takes 14.6 times as long" in line and "precision float32" in line for line in lines) is told
    assert not settle(noise_network, SMALL, tmp_path, "float32", "recipe", pytest.fail).xla


def test_a_step_of_each_is_really_taken() -> None:
    lines: list[str] = []
    chosen = fastest(noise_network, SMALL, xla=(False,), say=lines.append)
    assert chosen.precision in ("float32", "mixed_bfloat16") and not chosen.xla
    assert len(lines) == 2 and all("steps a second" in line for line in lines)


def test_runs_take_turns() -> None:
    order: list[str] = []
    times = in_turn({0: lambda: order.append("a"), 1: lambda: order.append("b")}, 3)
    assert order == ["a", "b"] * 3 and [len(each) for each in times.values()] == [3, 3]


def test_a_run_that_goes_on_keeps_what_was_measured_when_it_began(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("measured again")

    monkeypatch.setattr(probe, "fastest", refuse)
    assert settle(noise_network, SMALL, tmp_path, "recipe", "recipe") is SMALL
    assert settle(noise_network, SMALL, tmp_path, "mixed_bfloat16", "on") == dataclasses.replace(
        SMALL, precision="mixed_bfloat16", xla=True
    )
    begun = dataclasses.replace(SMALL, precision="mixed_bfloat16", xla=True)
    (tmp_path / "recipe.json").write_text(json.dumps(dataclasses.asdict(begun)))
    assert settle(noise_network, SMALL, tmp_path, "auto", "auto") == begun
    assert settle(noise_network, SMALL, tmp_path, "auto", "off") == dataclasses.replace(begun, xla=False)
    for damaged in (b"{\xff", b"3"):
        (tmp_path / "recipe.json").write_bytes(damaged)
        assert settle(noise_network, SMALL, tmp_path, "auto", "auto") is SMALL, "the claim refuses the folder"


@pytest.mark.parametrize(("stem", "plain_model"), [("cifar", "larq_zoo"), ("imagenet", "bnn_zoo")])
def test_both_loops_train_the_same_network(monkeypatch: pytest.MonkeyPatch, stem: str, plain_model: str) -> None:
    """larq-zoo's, where it is the same at this size; a network that shrinks small pictures at once is not."""

    def theirs(name: str) -> Callable[..., Any]:
        return lambda weights, **shapes: create_model(name, **SMALL_ONE, stem=stem, **shapes)

    monkeypatch.setattr(bench, "larq_zoo_factory", theirs)
    settings = SpeedSettings(batch_size=4, precision="float32", xla=False, steps=1, rounds=1, arguments=SMALL_ONE)
    assert measure_training("birealnet", settings).plain_model == plain_model


def test_training_is_measured_beside_the_plain_loop() -> None:
    settings = SpeedSettings(batch_size=4, precision="float32", xla=False, steps=1, rounds=2, arguments=SMALL_ONE)
    found = measure_training("birealnet", settings)
    assert found.plain_model == "bnn_zoo" and (found.precision, found.xla, found.rounds) == ("float32", False, 2)
    assert found.speedup == pytest.approx(found.steps / found.plain_steps)
    assert found.pipeline_share == pytest.approx(found.pipeline / (4 * found.steps))
    with pytest.raises(ValueError, match="rounds is 0"):
        measure_training("birealnet", dataclasses.replace(settings, rounds=0))
