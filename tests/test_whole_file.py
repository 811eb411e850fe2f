"""A file is whole or as it was, whatever writes it and however that ends."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bnn_zoo._whole_file import write_text_whole, write_whole


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, lambda part: part.write_text("one"))

    def fail(part: Path) -> None:
        part.write_text("tw")
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        write_whole(path, fail)
    assert path.read_text() == "one" and os.listdir(tmp_path) == ["file"]


def test_what_is_written_has_the_files_name_and_usual_rights(tmp_path: Path) -> None:
    path, names = tmp_path / "last.weights.h5", []

    def write(part: Path) -> None:
        names.append(part.name)
        assert part.stat().st_size == 5000, "reserved"
        part.write_bytes(b"weights")

    write_whole(path, write, reserve=5000)
    (tmp_path / "usual").write_bytes(b"")
    assert names == [path.name] and path.read_bytes() == b"weights"
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / "usual").stat().st_mode)


@pytest.mark.skipif(sys.platform == "win32", reason="limits on the size of files are a Unix thing")
def test_without_room_nothing_is_written(tmp_path: Path) -> None:
    program = (
        "import resource, sys\nfrom pathlib import Path\nfrom bnn_zoo._whole_file import write_whole\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: write_whole(Path(sys.argv[1]), lambda part: print('written'), reserve=5000)\n"
        "except OSError as error: print(error.strerror)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "file")], capture_output=True, text=True)
    assert done.stdout.strip() == "File too large" and not os.listdir(tmp_path)


def test_text_is_utf_8(tmp_path: Path) -> None:
    write_text_whole(tmp_path / "file", "größer")
    assert (tmp_path / "file").read_bytes() == "größer".encode()
