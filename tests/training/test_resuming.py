"""A run that is killed again and again ends with the weights of one that never was."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from small_runs import SMALL, Stop, noise_network

from bnn_zoo._keras import keras
from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.data.preprocessing_settings import CIFAR10
from bnn_zoo.models import find_architecture
from bnn_zoo.models.build import build_model
from bnn_zoo.training import train
from bnn_zoo.training.checkpoints import Position, restore_checkpoint, save_checkpoint
from bnn_zoo.training.run_log import read_log

RUN = """
import sys, numpy as np
from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.data.preprocessing_settings import CIFAR10
from bnn_zoo.models import find_architecture
from bnn_zoo.models.build import build_model
from bnn_zoo.training import Recipe, train
rng = np.random.default_rng(0)
dataset = ImageDataset(rng.integers(0, 256, (136, 32, 32, 3)).astype("uint8"), np.arange(136) % 4, tuple("abcd"))
arguments = {"filters": 8, "section_blocks": (2, 1)}
def build():
    return build_model(find_architecture("birealnet"), input_shape=(32, 32, 3), num_classes=4, arguments=arguments)
recipe = Recipe("birealnet.noise", epochs=6, batch_size=4, held_out=16, precision="mixed_bfloat16")
train(build, recipe, dataset, CIFAR10, sys.argv[1], checkpoint_seconds=0.0)
"""
STEPS = 6 * 30


def start(out: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", RUN, str(out)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> None:
    _, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors


def step(out: Path) -> int:
    names = sorted(os.listdir(out / "checkpoints")) if (out / "checkpoints").is_dir() else []
    return max((int(name[5:14]) for name in names if name.startswith("step-")), default=0)


def weights(out: Path) -> list[np.ndarray]:
    arguments = {"filters": 8, "section_blocks": (2, 1)}
    model = build_model(find_architecture("birealnet"), input_shape=(32, 32, 3), num_classes=4, arguments=arguments)
    model.load_weights(str(out / "last.weights.h5"))
    return model.get_weights()


@pytest.mark.timeout(600)
def test_five_kills_leave_no_trace(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    finish(start(whole))
    rng = random.Random(1)
    kills = 0
    for target in sorted(rng.sample(range(5, STEPS - 10), 5)):
        process = start(killed)
        while process.poll() is None and step(killed) < target:
            time.sleep(0.002)
        time.sleep(rng.random() * 0.05)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait()
        assert not (killed / "last.weights.h5").exists()
    assert kills == 5
    finish(start(killed))
    assert not list(killed.rglob(".*.tmp"))
    for expected, found in zip(weights(whole), weights(killed), strict=True):
        np.testing.assert_array_equal(found, expected)
    for expected_row, found_row in zip(read_log(whole / "log.csv"), read_log(killed / "log.csv"), strict=True):
        for key, value in expected_row.items():
            assert float(found_row[key]) == pytest.approx(float(value), rel=1e-4, abs=1e-5), key


@pytest.fixture
def model() -> keras.Model:
    arguments = {"filters": 8, "section_blocks": (1,)}
    network = build_model(find_architecture("birealnet"), input_shape=(32, 32, 3), num_classes=4, arguments=arguments)
    network.compile(keras.optimizers.legacy.Adam(), "sparse_categorical_crossentropy")
    return network


def test_a_damaged_checkpoint_is_passed_over(model: keras.Model, tmp_path: Path) -> None:
    first = save_checkpoint(tmp_path, model, Position(1))
    expected = model.get_weights()
    model.set_weights([value + 1 for value in expected])
    second = save_checkpoint(tmp_path, model, Position(2, {"loss": 1.5}))
    position, damaged = restore_checkpoint(tmp_path, model)
    assert position == Position(2, {"loss": 1.5}) and damaged == []
    content = second.read_bytes()
    for wrong in (content[:-100], content[:5000] + bytes([content[5000] ^ 1]) + content[5001:], b""):
        second.write_bytes(wrong)
        position, damaged = restore_checkpoint(tmp_path, model)
        assert position == Position(1) and damaged == [second]
        for old, new in zip(expected, model.get_weights(), strict=True):
            np.testing.assert_array_equal(old, new)
    first.unlink()
    assert restore_checkpoint(tmp_path, model)[0] == Position(0)


def test_only_the_newest_two_are_kept(model: keras.Model, tmp_path: Path) -> None:
    for count in range(1, 6):
        save_checkpoint(tmp_path, model, Position(count))
    assert sorted(int(path.name[5:14]) for path in tmp_path.iterdir()) == [4, 5]


def test_damaged_checkpoints_do_not_take_the_place_of_whole_ones(model: keras.Model, tmp_path: Path) -> None:
    for path in [save_checkpoint(tmp_path, model, Position(count)) for count in (8, 9)]:
        path.write_bytes(b"cut")
    position, damaged = restore_checkpoint(tmp_path, model)
    assert position == Position(0) and len(damaged) == 2
    # A run that begins anew keeps what it writes, at once.
    last = 0
    for count, kept in ((1, [1]), (2, [1, 2]), (3, [2, 3])):
        save_checkpoint(tmp_path, model, Position(count), before=last)
        assert sorted(int(path.name[5:14]) for path in tmp_path.iterdir()) == kept
        last = count
    assert restore_checkpoint(tmp_path, model) == (Position(3), [])


def test_a_run_goes_on_however_many_of_its_checkpoints_were_damaged(noise: ImageDataset, tmp_path: Path) -> None:
    def stopped_behind(step: int) -> list[int]:
        with pytest.raises(KeyboardInterrupt):
            train(noise_network, SMALL, noise, CIFAR10, tmp_path, checkpoint_seconds=0.0, callbacks=(Stop(step),))
        return sorted(int(path.name[5:14]) for path in (tmp_path / "checkpoints").iterdir())

    assert stopped_behind(11) == [10, 11]
    for path in (tmp_path / "checkpoints").iterdir():
        path.write_bytes(path.read_bytes()[:-50])
    with pytest.warns(UserWarning, match="is damaged and was passed over"):
        assert stopped_behind(6) == [5, 6]
    newest = max((tmp_path / "checkpoints").iterdir())
    newest.write_bytes(b"")
    with pytest.warns(UserWarning, match="is damaged and was passed over"):
        assert stopped_behind(3) == [7, 8], "on from step 5"


def test_a_full_disk_leaves_the_last_checkpoint_whole(model: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_checkpoint(tmp_path, model, Position(1))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save_checkpoint(tmp_path, model, Position(2))
    monkeypatch.undo()
    assert len(list(tmp_path.iterdir())) == 1
    assert restore_checkpoint(tmp_path, model)[0] == Position(1)


def test_statistics_that_a_layer_was_adapted_to_come_back(tmp_path: Path) -> None:
    def adapted(shift: float) -> keras.Model:
        layer = keras.layers.Normalization()
        layer.adapt(np.arange(24, dtype=np.float32).reshape(2, 2, 2, 3) + shift)
        model = keras.Sequential([keras.Input((2, 2, 3)), layer, keras.layers.Conv2D(1, 1, kernel_initializer="ones")])
        model.compile(keras.optimizers.legacy.SGD(), "mse")
        return model

    pictures = np.ones((1, 2, 2, 3), np.float32)
    saved, other = adapted(0), adapted(9)
    save_checkpoint(tmp_path, saved, Position(1))
    restore_checkpoint(tmp_path, other)
    np.testing.assert_array_equal(other(pictures), saved(pictures))
