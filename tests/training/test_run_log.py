"""A log is read as it was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnn_zoo.training.run_log import read_log, write_log


def test_a_log_is_read_as_it_was_written(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    write_log(log, [{"epoch": 0, "loss": 2.5}, {"epoch": 1, "loss": 1.25, "flip_ratio": 0.1}])
    epochs = [{"epoch": "0", "loss": "2.5", "flip_ratio": ""}, {"epoch": "1", "loss": "1.25", "flip_ratio": "0.1"}]
    assert read_log(log) == epochs
    write_log(log, epochs)  # as a run does that goes on
    assert read_log(log) == epochs


def test_a_log_without_epochs(tmp_path: Path) -> None:
    write_log(tmp_path / "log.csv", [])
    assert read_log(tmp_path / "log.csv") == [] and (tmp_path / "log.csv").read_text().strip() == "epoch"
    with pytest.raises(OSError):
        read_log(tmp_path / "none.csv")
