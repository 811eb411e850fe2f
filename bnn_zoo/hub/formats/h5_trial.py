"""Whether an .h5 file can be read, tried in a process of its own, where a crash or a hang does no harm."""

from __future__ import annotations

import sys
from pathlib import Path

from bnn_zoo.hub.errors import WeightFileError
from bnn_zoo.hub.formats.keras_h5 import read

#: Bytes that reading may take beyond some multiples of the file's size.
_ROOM = 64 * 2**20


def main(path: str) -> None:
    """Ends the process with 1, and the reason on stderr, if the file cannot be read."""
    limit_memory(Path(path))
    try:
        read(Path(path))
    except WeightFileError as error:
        sys.exit(str(error))


def limit_memory(path: Path) -> None:
    """Lets this process take little more memory than the file is large; on Linux, where it can tell what it has already."""
    pages = Path("/proc/self/statm")
    if not pages.exists():
        return
    import resource

    import h5py  # noqa: F401  what it takes itself is not the file's doing

    used = int(pages.read_text().split()[0]) * resource.getpagesize()
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    limit = used + _ROOM + 8 * path.stat().st_size
    resource.setrlimit(resource.RLIMIT_AS, (limit if most == resource.RLIM_INFINITY else min(limit, most), most))
