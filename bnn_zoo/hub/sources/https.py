"""`https://...`: downloaded with pooch into the cache, once, whole, and only if the hash is right."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bnn_zoo.hub.cache import cached_path, clear_leftovers, downloads_folder
from bnn_zoo.hub.errors import WeightFileError
from bnn_zoo.hub.hashing import file_sha256
from bnn_zoo.hub.retry import RETRIED, is_unresolved, with_retries
from bnn_zoo.hub.weight_set import WeightSet

#: Seconds without a byte after which a server counts as gone.
TIMEOUT = 30.0

_BLOCK = 2**18


def cached(source: str, weights: WeightSet) -> Path | None:
    """The file in the cache, if it is there.

    Raises:
        WeightFileError: if no hash is recorded.
    """
    path = cached_path(weights)
    return path if path.is_file() else None


def bring(source: str, weights: WeightSet, anew: bool) -> Path:
    """Downloads a file into the cache, unless a whole one is there by now.

    Processes that want the same file wait for the one that downloads it. Dropped connections, 429 and 5xx are tried again, other
    answers are not.

    Raises:
        WeightFileError: saying what the server, the network or the disk did.
    """
    path = cached_path(weights)
    with _explained(path):
        downloads_folder().mkdir(parents=True, exist_ok=True)
        with _only_one(path.name):
            if not (path.is_file() and file_sha256(path) == weights.sha256):  # another process may have been faster
                os.replace(_retrieve(source, path.name, weights), path)
    return path


def _retrieve(url: str, name: str, weights: WeightSet) -> str:
    """A file among the downloads that pooch has hashed."""
    import pooch

    clear_leftovers()
    downloader = partial(_download, size=weights.bytes)
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("WARNING")  # it would announce each download, in pipes too
    try:
        found = pooch.retrieve(url, f"sha256:{weights.sha256}", fname=name, path=downloads_folder(), downloader=downloader)
    finally:
        logger.setLevel(level)
    # pooch's temporary files can be read by their owner only, and a cache may be shared.
    os.chmod(found, 0o644)
    return found


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    import requests

    try:
        yield
    except requests.HTTPError as error:
        response: Any = error.response
        raise WeightFileError(f"the server answered {response.status_code} {response.reason}.") from error
    except (requests.exceptions.InvalidSchema, requests.exceptions.InvalidURL, requests.TooManyRedirects) as error:
        raise WeightFileError(f"the address, or one it redirects to, is refused ({_short(error)}).") from error
    except requests.RequestException as error:
        raise WeightFileError(f"no answer, or a broken one ({_short(error)}); is this machine online?") from error
    except ValueError as error:  # pooch: the hash is another one
        raise WeightFileError(
            "what the server sent does not have the recorded sha256, and was thrown away; it is damaged, or the file was replaced."
        ) from error
    except OSError as error:
        raise WeightFileError(
            f"the cache {path.parent} cannot be written ({_short(error)}); set BNN_ZOO_CACHE to a folder with room."
        ) from error


@contextmanager
def _only_one(name: str) -> Iterator[None]:
    from filelock import FileLock

    with FileLock(downloads_folder() / f"{name}.lock"):
        yield


def _download(url: str, output_file: str, pooch: Any, *, size: int | None) -> None:
    """pooch's downloader: to a temporary file, which pooch hashes and then moves to its place."""
    with_retries(lambda: _download_once(url, output_file, size), _may_pass)


def _may_pass(error: Exception) -> bool:
    import requests

    if isinstance(error, requests.HTTPError):
        return error.response is not None and error.response.status_code in RETRIED
    passing = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
    return isinstance(error, passing) and not is_unresolved(error)


def _download_once(url: str, output_file: str, size: int | None) -> None:
    import requests

    # Compressed in transit, the length in the answer's head would not be that of the file.
    try:
        response = requests.get(url, stream=True, timeout=TIMEOUT, headers={"Accept-Encoding": "identity"})
    except ValueError as error:
        if isinstance(error, requests.RequestException):
            raise
        raise requests.exceptions.InvalidURL(_short(error)) from error
    with response:
        _refuse_downgrade(url, response)
        response.raise_for_status()
        announced = int(response.headers.get("content-length", 0))
        if size is not None and announced not in (0, size):
            raise WeightFileError(f"the server announces {announced} bytes, recorded are {size}; the file was replaced.")
        with open(output_file, "wb") as file, _progress(url, announced) as advance:
            for block in response.iter_content(_BLOCK):
                file.write(block)
                advance(len(block))
                if size is not None and file.tell() > size:
                    raise WeightFileError(f"the server sends more than the recorded {size} bytes; the file was replaced.")
            received = file.tell()
    if received < announced:
        raise requests.ConnectionError(f"the connection ended after {received} of {announced} bytes")


def _refuse_downgrade(asked: str, response: Any) -> None:
    import requests

    addresses = [asked, *(step.url for step in response.history[1:]), response.url]
    if urlsplit(asked).scheme == "https":
        for address in addresses:
            if urlsplit(address).scheme != "https":
                raise requests.exceptions.InvalidSchema(f"https was redirected to {address}")


@contextmanager
def _progress(url: str, total: int) -> Iterator[Callable[[int], None]]:
    if not sys.stderr.isatty():
        yield lambda count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(urlsplit(url).path.rpartition("/")[2], total=total or None)
        yield lambda count: progress.advance(task, count)


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
