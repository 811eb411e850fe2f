"""Data sets as their publishers offer them: downloaded once, and checked before each use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bnn_zoo.download.errors import DownloadError
from bnn_zoo.download.folders import cache_folder
from bnn_zoo.download.hashing import is_whole
from bnn_zoo.download.verified import download


@dataclass(frozen=True)
class Published:
    """A file on its publishers' site.

    Attributes:
        url: where it is.
        file: what it is called.
        bytes: its size.
        sha256: its hash.
        page: where its publishers describe it.
        splits: of the data set.
    """

    url: str
    file: str
    bytes: int
    sha256: str
    page: str
    splits: tuple[str, ...]


#: By the name that stands for a data set where a path could.
PUBLISHED = {
    "cifar10": Published(
        url="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        file="cifar-10-binary.tar.gz",
        bytes=170_052_171,
        sha256="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        page="https://www.cs.toronto.edu/~kriz/cifar.html",
        splits=("test", "train"),
    ),
}


def published_file(name: str) -> Path:
    """A data set's file in the cache, downloaded if it is not there. A download that was broken off is gone on with.

    Args:
        name: one of `PUBLISHED`.

    Returns:
        A file of the right hash.

    Raises:
        DownloadError: it could not be had; the message says why, and where the file may be put by hand.
    """
    published = PUBLISHED[name]
    path = cache_folder() / "datasets" / published.file
    if is_whole(path, published.sha256, published.bytes):
        return path
    state = " (the file that lies there is another, or damaged)" if path.exists() else ""
    try:
        return download(published.url, path, published.sha256, published.bytes)
    except DownloadError as error:
        raise DownloadError(
            f"source {name!r} could not be downloaded from {published.url}: {error}\n"
            f"The file ({published.bytes} bytes, sha256 {published.sha256}, see {published.page}) may be fetched by other means "
            f"and put at {path}{state}"
        ) from error
