"""Python code in a process of its own: what it loads, how soon it is done, and what the environment makes of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import bnn_zoo

ROOT = Path(bnn_zoo.__file__).parents[1]


def run_python(code: str, *arguments: str, timeout: float = 240, **environment: str | None) -> subprocess.CompletedProcess[str]:
    """Runs the code with this package.

    Args:
        code: what `python -c` is given.
        arguments: what is in sys.argv behind "-c".
        timeout: in seconds.
        environment: variables that are set, or taken away where None.
    """
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    given = {name: value for name, value in variables.items() if value is not None}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=given, timeout=timeout, check=False)


def printed_by(code: str, *arguments: str, timeout: float = 240, **environment: str | None) -> str:
    """What the code prints; fails with its errors if it fails."""
    done = run_python(code, *arguments, timeout=timeout, **environment)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()
