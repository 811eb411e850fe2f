"""One request for a file, or for what is missing of it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from bnn_zoo._error_words import in_one_line
from bnn_zoo.download.addresses import without_secrets
from bnn_zoo.download.errors import DownloadError
from bnn_zoo.download.retry import RETRIED
from bnn_zoo.download.version import is_of_version, keep_version, version_in, version_of

#: Seconds without a byte after which a server counts as gone.
TIMEOUT = 30.0

_BLOCK = 2**16


def request_file(url: str, path: str, size: int | None) -> bool:
    """Asks for a file once. What lies at `path` already is taken for its beginning, and only the rest is asked for.

    A server that sends less of the rest than it was asked for is asked for what remains.

    Args:
        url: https or http.
        path: where the bytes go.
        size: how many the file has, if known.

    Returns:
        Whether the file was put together from more than one answer, so that a wrong hash may be that of a mixture.

    Raises:
        DownloadError: the server announces or sends another number of bytes.
        requests.RequestException: whatever else it or the network did.
    """
    while True:
        begun = os.path.getsize(path) if os.path.exists(path) else 0
        if size is not None and begun == size:
            return True
        start, received, whole = _request(url, path, begun, size)
        if received >= whole:
            return start > 0


def _request(url: str, path: str, begun: int, size: int | None) -> tuple[int, int, int]:
    """One request and its answer: where it started, where it ended, and how many bytes the file has (0: not known)."""
    import requests

    # Compressed in transit, the length in the answer's head would not be that of the file.
    headers = {"Accept-Encoding": "identity"}
    version = version_of(path) if begun else None
    if begun:
        headers["Range"] = f"bytes={begun}-"
    if version is not None:
        headers["If-Range"] = version
    try:
        response = requests.get(url, stream=True, timeout=TIMEOUT, headers=headers)
    except ValueError as error:
        if isinstance(error, requests.RequestException):
            raise
        raise requests.exceptions.InvalidURL(in_one_line(error)) from error
    with response:
        _refuse_downgrade(url, response)
        if response.status_code == 416:  # there is no such rest: the beginning is that of another file
            _start_over(path)
            raise requests.ConnectionError(f"nothing comes after the {begun} bytes that are there")
        if begun and response.status_code >= 400 and response.status_code not in RETRIED:
            # It may be the question for a part that the server refuses; what is there is replaced only if all of the file comes.
            return _request(url, path, 0, size)
        response.raise_for_status()
        if response.status_code not in (200, 206):  # nothing of the file comes with it, and what is there stays
            raise requests.HTTPError(f"{response.status_code} for what should be a file", response=response)
        start, end, whole = _extent(response)
        if start and (start != begun or (version is not None and not is_of_version(response.headers, version))):
            _start_over(path)
            raise requests.ConnectionError(f"the server sent another part than what comes after the {begun} bytes that are there")
        if size is not None and whole not in (0, size):
            raise DownloadError(f"the server announces {whole} bytes, recorded are {size}; the file was replaced.")
        whole = whole or size or 0
        with open(path, "r+b" if start else "wb") as file, _progress(url, start, whole) as advance:
            if not start:  # the old beginning is gone by now, and so may be its version
                keep_version(path, version_in(response.headers))
            file.seek(start)
            for block in _blocks(response):
                file.write(block)
                advance(len(block))
                if size is not None and file.tell() > size:
                    raise DownloadError(f"the server sends more than the recorded {size} bytes; the file was replaced.")
            received = file.tell()
    # Not at `start`: a server that always sends the same beginning would be asked for ever.
    if received < (end or whole) or (received < whole and received <= begun):
        raise requests.ConnectionError(f"the connection ended after {received} of {whole} bytes")
    return start, received, whole


def _start_over(path: str) -> None:
    """Throws away what lies there, so that the next request is for all of the file."""
    with open(path, "wb"):
        pass


def _extent(response: Any) -> tuple[int, int, int]:
    """Where an answer's bytes start and end in the file, and how many the file has; a start of -1, and else 0, if it does not say.

    A server may send everything instead of the rest that it was asked for, or another part.
    """
    length = _length(response.headers.get("content-length", ""))
    if response.status_code != 206:
        return 0, length, length
    found = re.match(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)$", response.headers.get("content-range", ""))
    if found is None:
        return -1, 0, 0
    whole = 0 if found[3] == "*" else int(found[3])
    return int(found[1]), int(found[2]) + 1, whole


def _length(text: str) -> int:
    """A Content-Length, which a proxy may have written twice, `N, N`; 0 if it is none."""
    lengths = {part.strip() for part in text.split(",")}
    length = lengths.pop()
    return int(length) if not lengths and re.fullmatch(r"\d{1,18}", length) else 0


def _blocks(response: Any) -> Iterator[bytes]:
    """The bytes of an answer as they were sent: of a file that is itself compressed, some servers say that it is encoded."""
    import requests
    from urllib3 import exceptions

    try:
        yield from response.raw.stream(_BLOCK, decode_content=False)
    except exceptions.HTTPError as error:
        raise requests.ConnectionError(error) from error


def _refuse_downgrade(asked: str, response: Any) -> None:
    import requests

    addresses = [asked, *(step.url for step in response.history[1:]), response.url]
    if urlsplit(asked).scheme == "https":
        for address in addresses:
            if urlsplit(address).scheme != "https":
                raise requests.exceptions.InvalidSchema(f"https was redirected to {without_secrets(address)}")


@contextmanager
def _progress(url: str, start: int, total: int) -> Iterator[Callable[[int], None]]:
    if not sys.stderr.isatty():
        yield lambda count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(urlsplit(url).path.rpartition("/")[2], total=total or None, completed=start)
        yield lambda count: progress.advance(task, count)
