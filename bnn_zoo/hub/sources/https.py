"""`https://...`: downloaded with pooch into the cache, once, whole, and only if the hash is right."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bnn_zoo.hub.cache import cached_path
from bnn_zoo.hub.errors import WeightFileError
from bnn_zoo.hub.retry import BACKOFF, RETRIED
from bnn_zoo.hub.tensor_file import file_sha256
from bnn_zoo.hub.weight_set import WeightSet

#: Seconds without a byte after which a server counts as gone.
TIMEOUT = 30.0

_BLOCK = 2**18


def bring(source: str, weights: WeightSet) -> Path:
    """Downloads a file into the cache if it is not there yet.

    Processes that want the same file wait for the one that downloads it. Dropped connections, 429 and 5xx are tried again, other
    answers are not.

    Raises:
        WeightFileError: saying what the server, the network or the disk did.
    """
    path = cached_path(weights)
    if path.is_file() and file_sha256(path) == weights.sha256:
        return path
    import pooch
    import requests

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _only_one(path):
            return Path(
                pooch.retrieve(
                    source,
                    known_hash=f"sha256:{weights.sha256}",
                    fname=path.name,
                    path=path.parent,
                    downloader=_download,
                )
            )
    except requests.HTTPError as error:
        response: Any = error.response
        raise WeightFileError(f"the server answered {response.status_code} {response.reason}.") from error
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
def _only_one(path: Path) -> Iterator[None]:
    from filelock import FileLock

    with FileLock(f"{path}.lock"):
        yield


def _download(url: str, output_file: Any, pooch: Any) -> None:
    """pooch's downloader: to a temporary file, which pooch hashes and then moves to its place."""
    import requests

    for pause in (*BACKOFF, None):
        try:
            _download_once(url, output_file)
            return
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
            if pause is None:
                raise
        except requests.HTTPError as error:
            if pause is None or error.response.status_code not in RETRIED:
                raise
        time.sleep(pause)


def _download_once(url: str, output_file: Any) -> None:
    import requests

    with requests.get(url, stream=True, timeout=TIMEOUT) as response:
        response.raise_for_status()
        _refuse_downgrade(url, response.url)
        expected = int(response.headers.get("content-length", 0))
        with open(output_file, "wb") as file, _progress(url, expected) as advance:
            received = 0
            for block in response.iter_content(_BLOCK):
                file.write(block)
                received += len(block)
                advance(len(block))
        if received < expected:
            raise requests.ConnectionError(f"the connection ended after {received} of {expected} bytes")


def _refuse_downgrade(asked: str, answered: str) -> None:
    import requests

    if urlsplit(asked).scheme == "https" and urlsplit(answered).scheme != "https":
        raise requests.exceptions.InvalidSchema(f"https was redirected to {answered}")


@contextmanager
def _progress(url: str, total: int) -> Iterator[Any]:
    if not sys.stderr.isatty():
        yield lambda count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(url.rpartition("/")[2], total=total or None)
        yield lambda count: progress.advance(task, count)


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
