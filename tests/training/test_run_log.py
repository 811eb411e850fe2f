"""A log is read as it was written, or what is wrong with it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnn_zoo.training.run_log import last_epoch, read_log, salvage_log, write_log


def test_a_log_is_read_as_it_was_written(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    write_log(log, [{"epoch": 0, "loss": 2.5}, {"epoch": 1, "loss": 1.25, "flip_ratio": 0.1}])
    epochs = [{"epoch": "0", "loss": "2.5", "flip_ratio": ""}, {"epoch": "1", "loss": "1.25", "flip_ratio": "0.1"}]
    assert read_log(log) == epochs
    write_log(log, epochs)  # as a run does that goes on
    assert read_log(log) == epochs


WHOLE = "epoch,loss,accuracy\r\n0,2.5,0.25\r\n1,1.25,0.75\r\n"


@pytest.mark.parametrize(
    ("content", "told", "left"),
    [
        (WHOLE[:-4], "is damaged in line 3;", 1),  # of its last number the first digits are there
        (WHOLE[:-2], "is damaged in line 3;", 1),
        (WHOLE[:-8], "is damaged in line 3;", 1),
        (WHOLE.replace("2.5", "2.x"), "is damaged in line 2;", 1),
        (WHOLE.replace("0,2.5", "0,2.5,3"), "is damaged in line 2;", 1),
        (WHOLE.replace("0,2.5", ",2.5"), "is damaged in line 2;", 1),
        (WHOLE.replace("epoch", "ep"), "is damaged in line 2;", 0),
        (WHOLE.replace("2.5", "\x00"), "is damaged", 0),
        (WHOLE.replace("2.5", "\udcff"), "is damaged ('utf-8' codec", 0),
        (WHOLE[:8], "holds no epoch", 0),
        ("", "holds no epoch", 0),
    ],
)
def test_a_log_that_is_not_whole_is_named(content: str, told: str, left: int, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(ValueError) as caught:
        read_log(log)
    assert f"{log} {told}" in str(caught.value)
    # Where csv takes a NUL as a character, the other line is saved; where it does not, none is.
    assert len(salvage_log(log)) == left or "\x00" in content


def test_the_last_epoch_is_that_of_the_whole_run(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text(WHOLE)
    assert last_epoch(log, 2) == {"epoch": "1", "loss": "1.25", "accuracy": "0.75"}
    with pytest.raises(ValueError, match=r"log.csv lacks the last of the run's 3 epochs"):
        last_epoch(log, 3)


def test_a_log_without_epochs(tmp_path: Path) -> None:
    write_log(tmp_path / "log.csv", [])
    assert salvage_log(tmp_path / "log.csv") == [] and (tmp_path / "log.csv").read_text().strip() == "epoch"
    assert salvage_log(tmp_path / "none.csv") == []
    with pytest.raises(OSError):
        read_log(tmp_path / "none.csv")
