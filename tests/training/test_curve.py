"""The curve is a picture with something in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bnn_zoo.data.images import read_image
from bnn_zoo.training.curve import plot_log

LOG = "epoch,accuracy,loss,val_accuracy,val_loss\n0,0.3,2.0,0.4,1.8\n1,0.5,1.2,0.6,1.1\n"


def test_a_log_becomes_a_picture(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOG)
    plot_log(tmp_path / "log.csv", tmp_path / "curve.png")
    picture = read_image(tmp_path / "curve.png")
    colours = {tuple(colour) for colour in picture.reshape(-1, 3)[::7].tolist()}
    assert picture.shape[1] > picture.shape[0] > 300
    assert len(colours) > 50
    blue = (np.abs(picture.astype(int) - (31, 119, 180)).sum(axis=2) < 60).sum()
    assert blue > 200


def test_a_log_without_epochs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOG.splitlines()[0] + "\n")
    with pytest.raises(ValueError, match="no epoch"):
        plot_log(tmp_path / "log.csv", tmp_path / "curve.png")


def test_a_log_that_is_damaged_leaves_the_older_curve(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOG[:-5])
    (tmp_path / "curve.png").write_bytes(b"older")
    with pytest.raises(ValueError, match=r"log.csv is damaged in line 3"):
        plot_log(tmp_path / "log.csv", tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes() == b"older"
