"""What a finished stage left is used as it was written, or not at all."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
from small_runs import SMALL, Stop, noise_network

from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.data.preprocessing_settings import CIFAR10
from bnn_zoo.training import Stage, train
from bnn_zoo.training.finished_weights import load_finished
from bnn_zoo.training.run_log import read_log
from bnn_zoo.training.weight_set import save_run

RECIPE = dataclasses.replace(
    SMALL, epochs=2, stages=(Stage("first", 1), Stage("second", 1, start="first", teacher="first", logits_weight=1.0))
)


@pytest.fixture(scope="module")
def stopped(noise: ImageDataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose first stage is finished, and whose second is behind its third step."""
    out = tmp_path_factory.mktemp("stopped")
    with pytest.raises(KeyboardInterrupt):
        train(noise_network, RECIPE, noise, CIFAR10, out, checkpoint_seconds=0.0, callbacks=(Stop(8),))
    return out


def flip_signs(weights: Path) -> None:
    """Damages a kernel in a way that HDF5 does not see."""
    network = noise_network()
    network.load_weights(str(weights))
    kernel = network.get_weights()[0].tobytes()
    content = bytearray(weights.read_bytes())
    content[bytes(content).find(kernel) + 3] ^= 0x80
    weights.write_bytes(content)


@pytest.mark.filterwarnings("error")
def test_damage_is_told_and_made_good_by_the_last_checkpoint(stopped: Path, noise: ImageDataset, tmp_path: Path) -> None:
    out, whole = tmp_path / "out", tmp_path / "whole"
    for copy in (out, whole):
        shutil.copytree(stopped, copy)
    expected = train(noise_network, RECIPE, noise, CIFAR10, whole)
    first, last = out / "first.weights.h5", out / "last.weights.h5"
    flip_signs(first)
    words = r"first.weights.h5 is damaged \(its SHA-256 is not the one in first.weights.h5.sha256\); remove it, and the run goes on"
    with pytest.raises(OSError, match=words):
        train(noise_network, RECIPE, noise, CIFAR10, out)
    first.unlink()
    train(noise_network, RECIPE, noise, CIFAR10, out)
    flip_signs(last)
    for use in (
        lambda: train(noise_network, RECIPE, noise, CIFAR10, out),
        lambda: save_run(noise_network, out, tmp_path / "set"),
        lambda: train(noise_network, SMALL, noise, CIFAR10, tmp_path / "other", start_from=last),
    ):
        with pytest.raises(OSError, match="last.weights.h5 is damaged"):
            use()
    last.unlink()
    found = train(noise_network, RECIPE, noise, CIFAR10, out)
    for old, new in zip(expected.get_weights(), found.get_weights(), strict=True):
        np.testing.assert_array_equal(new, old)
    assert len(read_log(out / "log.csv")) == 2
    # A stage's weights that were lost behind the end of the run cost the log nothing.
    first.unlink()
    train(noise_network, RECIPE, noise, CIFAR10, out)
    assert read_log(out / "log.csv") == read_log(whole / "log.csv")


def test_the_hash_is_written_as_sha256sum_reads_it(stopped: Path) -> None:
    weights = stopped / "first.weights.h5"
    digest, name = (stopped / "first.weights.h5.sha256").read_text().split()
    assert (digest, name) == (hashlib.sha256(weights.read_bytes()).hexdigest(), weights.name)


def test_weights_of_an_earlier_version_have_no_hash_and_are_taken(stopped: Path, noise: ImageDataset, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(stopped, out)
    (out / "first.weights.h5.sha256").unlink()
    train(noise_network, RECIPE, noise, CIFAR10, out)
    flip_signs(out / "first.weights.h5")
    load_finished(noise_network(), out / "first.weights.h5")


def test_a_hash_without_weights_is_of_a_run_that_is_not_finished(stopped: Path, tmp_path: Path) -> None:
    shutil.copy(stopped / "first.weights.h5.sha256", tmp_path / "last.weights.h5.sha256")
    with pytest.raises(FileNotFoundError):
        save_run(noise_network, tmp_path, tmp_path / "set")


def test_a_hash_that_is_damaged_itself_is_told(stopped: Path, tmp_path: Path) -> None:
    for name in ("first.weights.h5", "first.weights.h5.sha256"):
        shutil.copy(stopped / name, tmp_path)
    (tmp_path / "first.weights.h5.sha256").write_bytes(b"\xff")
    with pytest.raises(OSError, match=r"first.weights.h5 is damaged \(its SHA-256 is not the one in first.weights.h5.sha256\)"):
        load_finished(noise_network(), tmp_path / "first.weights.h5")
