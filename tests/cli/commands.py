"""`bnn-zoo` in tests: in a process of its own, as a user starts it, or forked off one that has loaded TensorFlow already.

Loading TensorFlow takes seconds, which a test of what a command does need not pay each time. What a command loads, how soon it
answers and what TensorFlow writes at its start is tested in processes of their own.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

COMMAND = [sys.executable, "-c", "from bnn_zoo.cli import main; main()"]


def run_alone(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a command in a process of its own."""
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=300)


def run(*arguments: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a command in a fork: as fresh as a process of its own, but that TensorFlow is loaded.

    Args:
        arguments: behind `bnn-zoo`.
        environment: of the command, if not this process's.
    """
    if not hasattr(os, "fork"):
        return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=300, env=environment)
    return _server().run(arguments, {name: str(value) for name, value in (environment or os.environ).items()})


@functools.cache
def _server() -> _Server:
    return _Server()


class _Server:
    def __init__(self) -> None:
        here, there = socket.socketpair()
        self._process = subprocess.Popen([sys.executable, __file__, str(there.fileno())], pass_fds=[there.fileno()])
        there.close()
        self._pipe = here.makefile("rw", encoding="utf-8")
        atexit.register(self._close)

    def run(self, arguments: Sequence[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        with tempfile.TemporaryDirectory() as folder:
            outputs = [os.path.join(folder, name) for name in ("stdout", "stderr")]
            self._pipe.write(json.dumps([list(arguments), environment, os.getcwd(), *outputs]) + "\n")
            self._pipe.flush()
            code = int(self._pipe.readline())
            return subprocess.CompletedProcess(arguments, code, *(Path(path).read_text("utf-8") for path in outputs))

    def _close(self) -> None:
        self._pipe.close()
        self._process.wait(timeout=60)


def _serve(descriptor: int) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # as commands do; TensorFlow reads it as it is loaded, before any fork
    from bnn_zoo._keras import larq

    _ = larq.quantizers  # loads TensorFlow, which must not compute anything before a fork
    with socket.socket(fileno=descriptor).makefile("rw", encoding="utf-8") as pipe:
        for line in pipe:
            child = os.fork()
            if not child:
                _become(*json.loads(line))
            pipe.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
            pipe.flush()


def _become(arguments: list[str], environment: dict[str, str], folder: str, stdout: str, stderr: str) -> None:
    code: object = 1
    try:
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        for number, path in enumerate((os.devnull, stdout, stderr)):
            os.dup2(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), number)
        sys.argv = ["bnn-zoo", *arguments]
        from bnn_zoo.cli import main

        main()
        code = 0
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
