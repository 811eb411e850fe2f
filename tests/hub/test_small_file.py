"""A configuration or a registry may be anything: a pipe that nobody writes into, a device without end, an enormous file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bnn_zoo.hub import WeightFileError
from bnn_zoo.hub.folder import read_config
from bnn_zoo.hub.overlays import overlays
from bnn_zoo.hub.small_file import LARGEST


def enormous(path: Path) -> None:
    path.touch()
    os.truncate(path, LARGEST + 1)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names there")
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: os.mkfifo(path), "it is a folder, a pipe or a device"),
        (lambda path: path.symlink_to("/dev/zero"), "it is a folder, a pipe or a device"),
        (enormous, "it has more than 16777216 bytes"),
    ],
)
def test_what_is_no_small_file_is_refused(tmp_path: Path, make: Callable[[Path], object], message: str) -> None:
    path = tmp_path / "config.json"
    make(path)
    with pytest.raises(WeightFileError, match=message):
        read_config(tmp_path)
    with pytest.raises(WeightFileError, match=message):
        overlays(str(path))
