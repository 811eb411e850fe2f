"""A file is whole or as it was, whatever writes it and however that ends."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fresh_process import printed_by, run_python

from bnn_zoo._whole_file import ABANDONED, remove_unfinished, write_text_whole, write_whole


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
    assert printed_by(program, str(tmp_path / "file")) == "File too large" and not os.listdir(tmp_path)


def test_an_error_names_the_file_and_not_where_it_was_made(tmp_path: Path) -> None:
    path = tmp_path / "file"

    def fail(error: Exception) -> Callable[[Path], object]:
        def write(part: Path) -> None:
            raise error

        return write

    for raised, named in (
        (OSError(errno.ENOSPC, "No space left on device"), str(path)),  # how Python's own files tell it
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "/elsewhere"), "/elsewhere"),
        (RuntimeError("/tmp/a: No space left on device"), tempfile.gettempdir()),
    ):
        with pytest.raises(OSError) as caught:
            write_whole(path, fail(raised))
        assert caught.value.filename == named and caught.value.errno in (errno.ENOSPC, errno.ENOENT)

    def fail_inside(part: Path) -> None:
        raise RuntimeError(f"{part}; No space left on device [Op:SaveV2]")

    for write in (fail_inside, lambda part: part.with_name("none").read_bytes()):
        with pytest.raises(OSError) as caught:
            write_whole(path, write)
        assert caught.value.filename == str(path)
    with pytest.raises(FileNotFoundError) as caught:
        write_whole(tmp_path / "none" / "file", lambda part: None)
    assert caught.value.filename == str(tmp_path / "none" / "file")
    with pytest.raises(RuntimeError, match="another"):
        write_whole(path, fail(RuntimeError("another")))
    assert not os.listdir(tmp_path)


def test_what_a_killed_process_left_is_removed_when_it_is_old(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom bnn_zoo._whole_file import write_whole\n"
        "def write(part):\n    part.write_text('half')\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        "write_whole(Path(sys.argv[1]), write)"
    )
    path, foreign = tmp_path / "file", tmp_path / ".other.a1b2.tmp"
    path.write_text("one")
    foreign.mkdir()
    run_python(program, str(path))
    (left,) = set(tmp_path.iterdir()) - {path, foreign}
    assert path.read_text() == "one" and (left / "file").read_text() == "half"
    write_text_whole(path, "two")
    assert left.exists(), "somebody may be writing there"
    long_ago = time.time() - ABANDONED - 10
    for place in (left, foreign):
        os.utime(place, (long_ago, long_ago))
    write_text_whole(path, "three")
    assert left.exists(), "what is in it is new"
    os.utime(left / "file", (long_ago, long_ago))
    os.utime(left, (long_ago, long_ago))
    write_text_whole(path, "four")
    assert set(tmp_path.iterdir()) == {path, foreign}, "what is not of this file is somebody else's"


def test_what_writers_make_is_told_from_what_others_do(tmp_path: Path) -> None:
    made = []
    write_whole(tmp_path / "file", lambda part: made.append(part.parent.name) or part.write_text("one"))
    for name in (*made, ".scratch.tmp", ".file.old.tmp"):
        (tmp_path / name).mkdir()
    remove_unfinished(tmp_path)
    assert set(os.listdir(tmp_path)) == {"file", ".scratch.tmp", ".file.old.tmp"}


def test_text_is_utf_8(tmp_path: Path) -> None:
    write_text_whole(tmp_path / "file", "größer")
    assert (tmp_path / "file").read_bytes() == "größer".encode()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names there")
def test_a_pipe_is_written_into_and_not_replaced(tmp_path: Path) -> None:
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    write_text_whole(pipe, "a page")
    reader.join(timeout=60)
    assert got == ["a page"] and pipe.is_fifo() and list(tmp_path.iterdir()) == [pipe]


@pytest.mark.skipif(os.name == "nt", reason="no such paths there")
def test_standard_output_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    code = "import pathlib, bnn_zoo._whole_file as file; file.write_text_whole(pathlib.Path('/dev/stdout'), 'a page')"
    with open(tmp_path / "out", "w") as out:
        subprocess.run([sys.executable, "-c", code], stdout=out, check=True)
    assert (tmp_path / "out").read_text() == "a page" and os.path.islink("/dev/stdout")


@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="no such folder there")
def test_a_file_in_shared_memory_is_replaced_and_not_written_into() -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        path = Path(folder, "file")
        path.write_text("one")
        before = os.stat(path).st_ino
        write_text_whole(path, "two")
        assert path.read_text() == "two" and os.stat(path).st_ino != before
