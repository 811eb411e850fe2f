"""A full disk stops a run with one clear message, and leaves the last checkpoint whole."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from fresh_process import run_python

from bnn_zoo.training.checkpoints import last_checkpoint
from bnn_zoo.training.disk import explain_full_disk

#: Trains; after the first epoch no file may grow beyond argv[2] bytes, as on a disk that is full.
RUN = """
import os, resource, sys
from pathlib import Path
import numpy as np
from bnn_zoo._keras import keras
from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.data.preprocessing_settings import CIFAR10
from bnn_zoo.models import find_architecture
from bnn_zoo.models.build import build_model
from bnn_zoo.training import Recipe, train
out, limit, seconds = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
rng = np.random.default_rng(0)
dataset = ImageDataset(rng.integers(0, 256, (40, 32, 32, 3)).astype("uint8"), np.arange(40) % 4, tuple("abcd"))
def build():
    arguments = {"filters": 8, "section_blocks": (1, 1)}
    return build_model(find_architecture("birealnet"), input_shape=(32, 32, 3), num_classes=4, arguments=arguments)
class Fill(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
recipe = Recipe("birealnet.noise", epochs=3, batch_size=8, held_out=0)
try:
    train(build, recipe, dataset, CIFAR10, out, checkpoint_seconds=seconds, callbacks=(Fill(),) if limit >= 0 else ())
except OSError as error:
    print(error)
    os._exit(3)
"""


def run(out: Path, limit: int, seconds: float = 300.0) -> tuple[int, str]:
    done = run_python(RUN, str(out), str(limit), str(seconds))
    assert done.returncode in (0, 3), done.stderr
    return done.returncode, done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="limits on the size of files are a Unix thing")
@pytest.mark.parametrize(("limit", "seconds"), [(20_000, 0.0), (20_000, 300.0), (0, 300.0)])  # a checkpoint, weights, the log
def test_a_run_on_a_full_disk_says_what_it_needs_and_goes_on_later(tmp_path: Path, limit: int, seconds: float) -> None:
    code, text = run(tmp_path, limit, seconds)
    assert code == 3
    kept = last_checkpoint(tmp_path / "checkpoints")
    assert kept is not None and kept.name.startswith("step-000000005-")
    line = next(line for line in text.splitlines() if "MiB" in line)
    assert f"The last whole checkpoint is {kept}" in line and str(tmp_path) in line and "start the same command again" in line
    assert not [path for path in tmp_path.rglob("*") if "part" in path.name or path.name.endswith(".tmp")]
    code, text = run(tmp_path, -1)
    assert code == 0
    assert "epoch 1/3" not in text and "epoch 3/3" in text


def test_other_errors_come_through_as_they_are(tmp_path: Path) -> None:
    with pytest.raises(PermissionError, match="mine"), explain_full_disk(tmp_path, 1, None):
        raise PermissionError("mine")
    with pytest.raises(OSError, match="There is no checkpoint yet") as caught, explain_full_disk(tmp_path, 2**20, None):
        raise OSError("Unable to synchronously close file (No space left on device)")
    assert caught.value.errno == 28 and "1.0 MiB" in str(caught.value)
