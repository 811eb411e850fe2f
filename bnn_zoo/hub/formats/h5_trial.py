"""`python -m bnn_zoo.hub.formats.h5_trial FILE`: whether an .h5 file can be read, tried where a crash or a hang does no harm."""

from __future__ import annotations

import sys
from pathlib import Path

from bnn_zoo.hub.errors import WeightFileError
from bnn_zoo.hub.formats.keras_h5 import read

#: Bytes that reading may take beyond some multiples of the file's size.
_ROOM = 64 * 2**20


def main(path: Path) -> int:
    """0 if the file can be read, else 1 with the reason on stderr."""
    limit_memory(path)
    try:
        read(path)
    except WeightFileError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


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


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
