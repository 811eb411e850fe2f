"""Records of TFRecord files by their number.

The format (https://www.tensorflow.org/tutorials/load_data/tfrecord): for each record its length in 8 bytes, 4 bytes of checksum,
the data, 4 bytes of checksum.
"""

from __future__ import annotations

import bisect
import struct
from collections.abc import Sequence
from itertools import accumulate

_HEAD, _TAIL = 12, 4


class RecordFiles:
    """Parts of several files, their records counted through. May be read from several threads.

    Args:
        files: for each its path, how many records at its beginning are left out, and how many are taken.
    """

    def __init__(self, files: Sequence[tuple[str, int, int]]) -> None:
        self._files = list(files)
        self._starts = [0, *accumulate(taken for _, _, taken in self._files)]
        self._places: dict[int, list[tuple[int, int]]] = {}

    def __len__(self) -> int:
        return self._starts[-1]

    def read(self, number: int) -> bytes:
        """A record's data.

        Raises:
            ValueError: its file ends before it.
            OSError: its file cannot be read.
        """
        file, record = self._place(number)
        places = self._places.get(file)
        if places is None:  # found out twice, if two threads come at once, which does no harm
            places = self._places[file] = _places(self._files[file][0])
        if record >= len(places):
            raise ValueError(f"the file ends after {len(places)} records")
        start, length = places[record]
        with open(self._files[file][0], "rb") as opened:
            opened.seek(start)
            return opened.read(length)

    def shown(self, number: int) -> str:
        """What an error message calls a record."""
        file, record = self._place(number)
        return f"{self._files[file][0]}: record {record}"

    def _place(self, number: int) -> tuple[int, int]:
        file = bisect.bisect_right(self._starts, number) - 1
        return file, self._files[file][1] + number - self._starts[file]


def _places(path: str) -> list[tuple[int, int]]:
    """Where each whole record's data begin, and how many bytes they have."""
    places = []
    # Without a buffer: the data in between are not read.
    with open(path, "rb", buffering=0) as file:
        end = file.seek(0, 2)
        at = 0
        while at + _HEAD <= end:
            file.seek(at)
            (length,) = struct.unpack("<Q", file.read(8))
            if at + _HEAD + length + _TAIL > end:
                break
            places.append((at + _HEAD, length))
            at += _HEAD + length + _TAIL
    return places
