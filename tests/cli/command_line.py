"""The command line as a user types it: in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping


def run(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from bnn_zoo.cli import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=env)
