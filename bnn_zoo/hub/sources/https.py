"""`https://...`: downloaded into the cache, once, whole, and only if the hash is right."""

from __future__ import annotations

import os
from pathlib import Path

from bnn_zoo.download.errors import DownloadError
from bnn_zoo.download.verified import download
from bnn_zoo.hub.cache import cached_path
from bnn_zoo.hub.errors import WeightFileError
from bnn_zoo.hub.weight_set import WeightSet


def cached(source: str, weights: WeightSet) -> Path | None:
    """The file in the cache, if it is there.

    Raises:
        WeightFileError: if no hash is recorded.
    """
    path = cached_path(weights)
    # Of a cache that cannot be read, `download` says what to do: pathlib's test would raise.
    return path if os.path.isfile(path) else None


def bring(source: str, weights: WeightSet, anew: bool) -> Path:
    """Downloads a file into the cache, unless a whole one is there by now.

    Raises:
        WeightFileError: if no hash is recorded, or saying what the server, the network or the disk did.
    """
    path = cached_path(weights)
    assert weights.sha256 is not None  # or there would be no such path
    try:
        return download(source, path, weights.sha256, weights.bytes)
    except DownloadError as error:
        raise WeightFileError(str(error)) from error
