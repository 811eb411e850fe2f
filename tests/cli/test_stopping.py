"""Ctrl-C: what is said, the exit code, and that the work goes on."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import time
from pathlib import Path

import pytest
from commands import COMMAND

SETTINGS = ["epochs=400", "precision=float32", "batch_size=8", "held_out=8", "arguments.filters=8", "arguments.section_blocks=[1]"]


def hears_ctrl_c() -> None:
    """What a shell starts in the background, these tests perhaps, ignores the signal, and hands that on."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start(*arguments: str, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=hears_ctrl_c,
        **options,
    )  # type: ignore[call-overload,no-any-return]


def training(data: Path, out: Path) -> list[str]:
    return ["train", "birealnet", "--data", str(data), "--out", str(out), *(part for s in SETTINGS for part in ("--set", s))]


def test_training_says_that_it_goes_on(shades: Path, tmp_path: Path) -> None:
    process = start(*training(shades, tmp_path / "run"))
    assert process.stdout is not None
    assert [process.stdout.readline().split()[1] for _ in range(2)] == ["steps", "1/400"]
    process.send_signal(signal.SIGINT)
    _, complaints = process.communicate(timeout=120)
    assert process.returncode == 130
    assert complaints.splitlines() == ["bnn-zoo: stopped. The same command goes on from the last checkpoint."]
    again = start(*training(shades, tmp_path / "run"))
    assert again.stdout is not None
    assert "; goes on behind step " in again.stdout.readline()
    first = int(again.stdout.readline().split()[1].partition("/")[0])
    again.kill()
    again.communicate()
    assert first >= 2


def test_a_bar_that_is_stopped_leaves_the_cursor_visible(shades: Path, tmp_path: Path) -> None:
    mine, its = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    command = [*COMMAND, *training(shades, tmp_path / "run")]
    process = subprocess.Popen(
        command, stdin=its, stdout=its, stderr=its, start_new_session=True, env=environment, preexec_fn=hears_ctrl_c
    )
    os.close(its)
    shown, deadline = b"", time.monotonic() + 200
    while b"epoch 2/400  loss" not in shown and time.monotonic() < deadline:
        shown += os.read(mine, 4096)
    assert b"\x1b[?25l" in shown, "the bar hides the cursor while it is there"
    process.send_signal(signal.SIGINT)
    try:
        while block := os.read(mine, 4096):
            shown += block
    except OSError:  # the other side is closed
        pass
    assert process.wait(timeout=60) == 130
    assert shown.rfind(b"\x1b[?25h") > shown.rfind(b"\x1b[?25l")
    assert b"goes on from" in shown


STOPPED_WHILE = {
    "the commands are imported": (
        "class Stop:\n    def find_spec(name, *_):\n        if name == 'bnn_zoo.cli.guide': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Stop)\n"
    ),
    "the arguments are read": (
        "import typer.core\n\ndef stop(*_): raise KeyboardInterrupt\n\ntyper.core.TyperGroup.parse_args = stop\n"
    ),
    "a command is prepared": "import typer\n\ndef stop(*_): raise KeyboardInterrupt\n\ntyper.Typer.__call__ = stop\n",
}


@pytest.mark.parametrize("moment", STOPPED_WHILE)
def test_a_start_that_is_stopped_says_so(moment: str) -> None:
    code = f"import sys\n{STOPPED_WHILE[moment]}sys.argv = ['bnn-zoo', 'list']; from bnn_zoo.cli import main; main()"
    done = subprocess.run([COMMAND[0], "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "bnn-zoo: stopped.\n")


def test_other_commands_say_that_they_were_stopped() -> None:
    code = (
        "import bnn_zoo.zoo\n\ndef stop(*_, **__): raise KeyboardInterrupt\n\nbnn_zoo.zoo.list_models = stop\n"
        "import sys; sys.argv = ['bnn-zoo', 'list']\nfrom bnn_zoo.cli import main; main()"
    )
    done = subprocess.run([COMMAND[0], "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "bnn-zoo: stopped.\n")
