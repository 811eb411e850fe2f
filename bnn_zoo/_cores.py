"""How many threads are worth starting."""

from __future__ import annotations

import os


def available_cores() -> int:
    """The cores that this process may run on, which a container or `taskset` can make fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
