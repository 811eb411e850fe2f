"""What a run tells while it goes on: flips, TensorBoard's files, progress."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_runs import SMALL, Stop, noise_network

from bnn_zoo._keras import keras, tf
from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.data.preprocessing_settings import CIFAR10
from bnn_zoo.training import train
from bnn_zoo.training.run_log import read_log
from bnn_zoo.training.variables import binary_kernels

STEPS = 5


def rows(out: Path) -> list[dict[str, str]]:
    return read_log(out / "log.csv")


def test_flips_are_those_of_the_signs(noise: ImageDataset, tmp_path: Path) -> None:
    class Count(keras.callbacks.Callback):
        def on_train_begin(self, logs: Any = None) -> None:
            self.before, self.shares = self.signs(), []

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            now = self.signs()
            self.shares.append(np.mean([np.mean(old != new) for old, new in zip(self.before, now, strict=True)]))
            self.before = now

        def signs(self) -> list[np.ndarray]:
            return [kernel.numpy() >= 0 for kernel in binary_kernels(self.model.trainable_variables)]

    count = Count()
    train(noise_network, SMALL, noise, CIFAR10, tmp_path, callbacks=(count,))
    expected = np.mean(np.reshape(count.shares, (-1, STEPS)), axis=1)
    assert expected.min() > 0
    np.testing.assert_allclose([float(row["flip_ratio"]) for row in rows(tmp_path)], expected, rtol=1e-4)


def test_tensorboard_has_the_log_by_steps_over_a_stop(noise: ImageDataset, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(noise_network, SMALL, noise, CIFAR10, tmp_path, tensorboard=True, checkpoint_seconds=0.0, callbacks=(Stop(7),))
    train(noise_network, SMALL, noise, CIFAR10, tmp_path, tensorboard=True)
    found: dict[str, dict[int, float]] = {}
    for path in sorted((tmp_path / "tensorboard").iterdir()):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            for value in event.summary.value:
                assert value.metadata.plugin_data.plugin_name == "scalars"
                found.setdefault(value.tag, {})[event.step] = float(tf.make_ndarray(value.tensor))
    assert set(found) == {f"{room}/{name}" for room in ("training", "validation") for name in ("loss", "accuracy")} | {
        "training/flip_ratio"
    }
    for tag, by_step in found.items():
        column = tag.replace("training/", "").replace("validation/", "val_")
        assert list(by_step) == [STEPS, 2 * STEPS, 3 * STEPS]
        np.testing.assert_allclose(list(by_step.values()), [float(row[column]) for row in rows(tmp_path)], rtol=1e-5)


def test_a_line_an_epoch_where_there_is_no_terminal(noise: ImageDataset, tmp_path: Path, capsys: Any) -> None:
    train(noise_network, SMALL, noise, CIFAR10, tmp_path)
    first, *lines = [line for line in capsys.readouterr().out.splitlines() if line]
    assert first == "15 steps on 40 pictures, 8 held out, in float32"
    assert [line.split()[1] for line in lines] == ["1/3", "2/3", "3/3"]
    assert all("loss" in line and "accuracy" in line and "held out" in line for line in lines)
