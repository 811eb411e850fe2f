"""Other Python processes: such as are killed, run out of disk, or read the environment anew."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable

from fresh_process import ROOT

#: Prints what `fetch` gives for argv[1] (a URL or hf://) and argv[2] (a hash), and imports nothing heavy.
FETCH = """
import sys
from bnn_zoo.hub import WeightSet, fetch
print(fetch(WeightSet("birealnet", format="keras-h5", tag="test", sources=(sys.argv[1],), sha256=sys.argv[2])))
assert "tensorflow" not in sys.modules
"""


def start(code: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """A process that runs the code, in the checkout."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Waits until the condition holds; fails if it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
