"""A run on several devices or machines is the run on one; and it outlives the loss of a machine."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from bnn_zoo._keras import tf
from bnn_zoo.models import find_architecture
from bnn_zoo.models.build import build_model
from bnn_zoo.training.run_log import read_log
from bnn_zoo.training.strategy import explain_lost_worker, is_chief, make_strategy, shared_out

#: Trains on the strategy argv[1] into argv[2], with recipe fields as JSON in argv[3]. Kernels are binary and, but for Bop, inputs
#: are not: their signs make jumps of what is rounding, and curves part within an epoch or two.
RUN = """
import dataclasses, json, sys
kind, out, fields = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
import numpy as np
from bnn_zoo._keras import keras, tf
from bnn_zoo.training.strategy import make_strategy, start_again
if kind == "mirrored":
    two = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], two)
try:
    strategy = make_strategy(kind)
    from bnn_zoo.data.image_dataset import ImageDataset
    from bnn_zoo.data.preprocessing_settings import CIFAR10
    from bnn_zoo.models import find_architecture
    from bnn_zoo.models.birealnet import BIREALNET
    from bnn_zoo.models.build import build_model
    from bnn_zoo.training import Recipe, train
    rng = np.random.default_rng(0)
    dataset = ImageDataset(rng.integers(0, 256, (88, 16, 16, 3)).astype("uint8"), np.arange(88) % 4, tuple("abcd"))
    def build():
        inputs = "approx_sign" if fields["optimizer"] == "bop" else keras.activations.tanh
        binarization = dataclasses.replace(BIREALNET, input_quantizer=inputs)
        arguments = {"filters": 8, "section_blocks": (2, 1), "binarization": binarization}
        return build_model(find_architecture("birealnet"), input_shape=(16, 16, 3), num_classes=4, arguments=arguments)
    class Tell(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            print("loss", repr(float(logs["loss"])), flush=True)
    recipe = Recipe("birealnet.noise", batch_size=8, held_out=8, **fields)
    preprocessing = dataclasses.replace(CIFAR10, input_size=(16, 16))
    train(build, recipe, dataset, preprocessing, out, strategy=strategy, checkpoint_seconds=0.0, callbacks=(Tell(),))
except ConnectionError as error:
    print("lost", error, flush=True)
    start_again()
"""
SGD = {"epochs": 3, "optimizer": "sgd", "learning_rate": 0.01, "weight_decay": 1e-3}
BOP = {"epochs": 1, "optimizer": "bop", "real_optimizer": "sgd", "real_learning_rate": 0.01, "precision": "mixed_bfloat16"}


class Process:
    """A run in a process of its own; it writes to files, since nobody reads a pipe while another process is waited for."""

    def __init__(self, kind: str, out: Path, fields: dict[str, object], **environment: str) -> None:
        self.log = out.parent / f"{out.name}-{time.monotonic_ns()}.log"
        command = [sys.executable, "-u", "-c", RUN, kind, str(out), json.dumps(fields)]
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=log, stderr=subprocess.STDOUT)

    def finish(self) -> str:
        try:
            assert self.process.wait(timeout=250) == 0, self.log.read_text()[-4000:]
        finally:
            self.process.kill()
        return self.log.read_text()

    def wait_for_steps(self, count: int) -> None:
        while self.log.read_text().count("loss ") < count:
            assert self.process.poll() is None, self.log.read_text()[-4000:]
            time.sleep(0.01)


def cluster(count: int = 2) -> list[str]:
    """TF_CONFIG of each of so many workers on this machine."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    hosts = [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    for each in sockets:
        each.close()
    return [json.dumps({"cluster": {"worker": hosts}, "task": {"type": "worker", "index": index}}) for index in range(count)]


def curve(out: Path) -> list[list[float]]:
    return [[float(row[key]) for key in ("loss", "accuracy", "flip_ratio")] for row in read_log(out / "log.csv")]


def weights(out: Path) -> list[np.ndarray]:
    arguments = {"filters": 8, "section_blocks": (2, 1)}
    model = build_model(find_architecture("birealnet"), input_shape=(16, 16, 3), num_classes=4, arguments=arguments)
    model.load_weights(str(out / "last.weights.h5"))
    return model.get_weights()


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("alone") / "run"
    Process("one", out, SGD).finish()
    return out


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("together") / "run"
    for worker in [Process("multi_worker", out, SGD, TF_CONFIG=config) for config in cluster()]:
        worker.finish()
    return out


@pytest.mark.timeout(600)
def test_two_workers_have_the_loss_curve_of_one_process(alone: Path, together: Path) -> None:
    np.testing.assert_allclose(curve(together), curve(alone), rtol=1e-4)
    for found, expected in zip(weights(together), weights(alone), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-2, atol=1e-3)


@pytest.mark.timeout(600)
def test_workers_of_different_recipes_are_told_apart_before_the_first_step(tmp_path: Path) -> None:
    rates = (0.01, 0.02)
    workers = [
        Process("multi_worker", tmp_path / "run", {**SGD, "learning_rate": rate}, TF_CONFIG=config)
        for rate, config in zip(rates, cluster(), strict=True)
    ]
    for worker in workers:
        assert worker.process.wait(timeout=250) == 1
        said = worker.log.read_text()
        assert "others on another machine of this run" in said and "loss " not in said


@pytest.mark.timeout(600)
def test_two_devices_have_the_loss_curve_of_one(alone: Path, tmp_path: Path) -> None:
    Process("mirrored", tmp_path / "run", SGD).finish()
    np.testing.assert_allclose(curve(tmp_path / "run"), curve(alone), rtol=1e-4)


@pytest.mark.timeout(600)
def test_two_devices_flip_weights_by_bop(tmp_path: Path) -> None:
    Process("mirrored", tmp_path / "run", BOP).finish()
    binary = [array for array in weights(tmp_path / "run") if array.shape[:2] == (3, 3)][1:]
    assert len(binary) == 3 and all(set(np.unique(array)) == {-1.0, 1.0} for array in binary)


@pytest.mark.timeout(600)
def test_a_worker_that_is_killed_and_started_again_leaves_no_trace(together: Path, tmp_path: Path) -> None:
    out, configs = tmp_path / "run", cluster()
    first, second = (Process("multi_worker", out, SGD, TF_CONFIG=config) for config in configs)
    second.wait_for_steps(7)  # of thirty
    second.process.send_signal(signal.SIGKILL)
    second.process.wait()
    assert first.process.poll() is None and not (out / "last.weights.h5").exists()
    again = Process("multi_worker", out, SGD, TF_CONFIG=configs[1])
    assert "another machine of this run has stopped" in first.finish()
    again.finish()
    np.testing.assert_allclose(curve(out), curve(together), rtol=1e-4)
    for found, expected in zip(weights(out), weights(together), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_the_strategy_is_chosen_by_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TF_CONFIG", raising=False)
    strategy = make_strategy("auto")
    assert strategy.num_replicas_in_sync == 1 and is_chief(strategy)
    assert is_chief(make_strategy("mirrored"))
    with pytest.raises(ValueError, match="TF_CONFIG names no machines"):
        make_strategy("multi_worker")
    with pytest.raises(ValueError, match="one, mirrored, multi_worker"):
        make_strategy("many")
    monkeypatch.setenv("TF_CONFIG", "workers")
    with pytest.raises(ValueError, match="expected JSON"):
        make_strategy("auto")


def test_a_batch_that_cannot_be_divided_is_refused() -> None:
    class Three:
        num_replicas_in_sync = 3

    batches = tf.data.Dataset.from_tensors((np.zeros((8, 2)), np.zeros((8, 1))))
    with pytest.raises(ValueError, match="multiple of 3"):
        shared_out(batches, Three(), 8)


def test_one_device_takes_batches_as_they_are() -> None:
    batches = tf.data.Dataset.range(3)
    assert shared_out(batches, tf.distribute.get_strategy(), 8) is batches


class Several:
    cluster_resolver = object()


@pytest.mark.parametrize(
    ("error", "lost"),
    [
        (tf.errors.UnavailableError(None, None, "Connection reset by peer"), True),
        (tf.errors.InternalError(None, None, "Collective ops is aborted by: ..."), True),
        (tf.errors.InternalError(None, None, "Failed to compile the cluster of operations"), False),
    ],
)
def test_only_what_tells_of_another_machine_is_taken_for_a_lost_one(error: Exception, lost: bool) -> None:
    with pytest.raises(ConnectionError if lost else type(error), match=re.escape(str(error))), explain_lost_worker(Several()):
        raise error
