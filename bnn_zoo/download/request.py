"""One request for a file, or for what is missing of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from bnn_zoo.download.errors import DownloadError

#: Seconds without a byte after which a server counts as gone.
TIMEOUT = 30.0

_BLOCK = 2**16


def request_file(url: str, path: str, size: int | None) -> None:
    """Asks for a file once. What lies at `path` already is taken for its beginning, and only the rest is asked for.

    Args:
        url: https or http.
        path: where the bytes go.
        size: how many the file has, if known.

    Raises:
        DownloadError: the server announces or sends another number of bytes.
        requests.RequestException: whatever else it or the network did.
    """
    import requests

    begun = os.path.getsize(path) if os.path.exists(path) else 0
    if size is not None and begun == size:
        return
    # Compressed in transit, the length in the answer's head would not be that of the file.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={begun}-"} if begun else {})
    try:
        response = requests.get(url, stream=True, timeout=TIMEOUT, headers=headers)
    except ValueError as error:
        if isinstance(error, requests.RequestException):
            raise
        raise requests.exceptions.InvalidURL(short(error)) from error
    with response:
        _refuse_downgrade(url, response)
        if response.status_code == 416:  # there is no such rest: the beginning is that of another file
            os.truncate(path, 0)
            raise requests.ConnectionError(f"nothing comes after the {begun} bytes that are there")
        response.raise_for_status()
        start = begun if _continues(response, begun) else 0
        rest = int(response.headers.get("content-length", 0))
        whole = start + rest if rest else 0
        if size is not None and whole not in (0, size):
            raise DownloadError(f"the server announces {whole} bytes, recorded are {size}; the file was replaced.")
        with open(path, "r+b" if start else "wb") as file, _progress(url, start, whole) as advance:
            file.seek(start)
            for block in response.iter_content(_BLOCK):
                file.write(block)
                advance(len(block))
                if size is not None and file.tell() > size:
                    raise DownloadError(f"the server sends more than the recorded {size} bytes; the file was replaced.")
            received = file.tell()
    if received < whole:
        raise requests.ConnectionError(f"the connection ended after {received} of {whole} bytes")


def short(error: Exception) -> str:
    """What an error says, in one line that is not too long."""
    return " ".join(str(error).split())[:300]


def _continues(response: Any, begun: int) -> bool:
    # A server may send everything instead, or another part than it was asked for.
    return response.status_code == 206 and response.headers.get("content-range", "").startswith(f"bytes {begun}-")


def _refuse_downgrade(asked: str, response: Any) -> None:
    import requests

    addresses = [asked, *(step.url for step in response.history[1:]), response.url]
    if urlsplit(asked).scheme == "https":
        for address in addresses:
            if urlsplit(address).scheme != "https":
                raise requests.exceptions.InvalidSchema(f"https was redirected to {address}")


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
