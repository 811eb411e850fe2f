"""`https://...` to a file: downloaded with pooch, once, whole, and only if the hash is right."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bnn_zoo._error_words import in_one_line
from bnn_zoo.download.addresses import without_secrets
from bnn_zoo.download.errors import DownloadError
from bnn_zoo.download.folders import clear_leftovers, downloads_folder
from bnn_zoo.download.hashing import is_whole
from bnn_zoo.download.request import request_file
from bnn_zoo.download.retry import RETRIED, is_unresolved, with_retries
from bnn_zoo.download.version import keep_version


def download(url: str, target: Path, sha256: str, size: int | None = None) -> Path:
    """Downloads a file, unless a whole one is there by now.

    Processes that want the same file wait for the one that downloads it. Dropped connections, 429 and 5xx are tried again, from
    where the file broke off if the server can do so and still has the same file; other answers are not. Tries that bring the file
    further are not counted. What was received before a failure is kept, as `<target>.part`, and the next call goes on from it.

    Args:
        url: https or http.
        target: where the file is to lie, on the disk of the cache.
        sha256: its hash.
        size: its bytes, if known: a server that announces others is not listened to.

    Returns:
        `target`.

    Raises:
        DownloadError: saying what the server, the network or the disk did.
    """
    part = target.with_name(target.name + ".part")
    with _explained(target):
        for folder in (downloads_folder(), target.parent):
            folder.mkdir(parents=True, exist_ok=True)
        with _only_one(target.name):
            if not is_whole(target, sha256, size):  # another process may have been faster
                os.replace(_retrieve(url, target.name, sha256, size, part), target)
    return target


def _retrieve(url: str, name: str, sha256: str, size: int | None, part: Path) -> str:
    """A file among the downloads that pooch has hashed."""
    import pooch

    clear_leftovers()
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("WARNING")  # it would announce each download, in pipes too
    downloader = _Downloader(size, part)
    try:
        for last in (False, True):
            try:
                found = pooch.retrieve(url, f"sha256:{sha256}", fname=name, path=downloads_folder(), downloader=downloader)
                break
            except ValueError:
                # What was there may have been damaged, or of a file that was replaced since: then once more, from the start.
                if last or not downloader.mixed:
                    raise
    finally:
        logger.setLevel(level)
    # pooch's temporary files can be read by their owner only, and a cache may be shared.
    os.chmod(found, 0o644)
    return found


class _Downloader:
    """pooch's downloader: to a temporary file, which pooch hashes and then moves to its place.

    Args:
        size: the file's bytes, if known.
        part: where what was received is kept for a later call.
    """

    def __init__(self, size: int | None, part: Path) -> None:
        self.size, self.part = size, part
        self.mixed = False  # whether the last file was put together from several answers

    def __call__(self, url: str, output_file: str, pooch: Any) -> None:
        path = str(self.part)
        self.mixed = False
        self.mixed = with_retries(
            lambda: request_file(url, path, self.size),
            _may_pass,
            lambda: os.path.getsize(path) if os.path.exists(path) else 0,
        )
        os.replace(path, output_file)
        keep_version(path, None)


def _may_pass(error: Exception) -> bool:
    import requests

    if isinstance(error, requests.HTTPError):
        return error.response is not None and error.response.status_code in RETRIED
    if isinstance(error, requests.exceptions.SSLError):
        return False  # a certificate does not get better by waiting
    passing = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
    return isinstance(error, passing) and not is_unresolved(error)


@contextmanager
def _only_one(name: str) -> Iterator[None]:
    from filelock import FileLock

    with FileLock(downloads_folder() / f"{name}.lock"):
        yield


def _innermost(error: BaseException) -> BaseException:
    """What requests and urllib3 wrap, each with the address and its own words around it."""
    inner = getattr(error.args[0], "reason", None) if error.args else None
    error = inner if isinstance(inner, Exception) else error
    while error.args and isinstance(error.args[0], Exception):
        error = error.args[0]
    # urllib3's have their cause behind their words, and show both as a tuple.
    return Exception(error.args[0]) if len(error.args) > 1 and isinstance(error.args[0], str) else error


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    import requests

    try:
        yield
    except DownloadError:
        raise
    except requests.HTTPError as error:
        response: Any = error.response
        raise DownloadError(f"the server answered {response.status_code} {response.reason}".strip() + ".") from error
    except (requests.exceptions.InvalidSchema, requests.exceptions.InvalidURL, requests.TooManyRedirects) as error:
        raise DownloadError(f"the address, or one it redirects to, is refused ({without_secrets(in_one_line(error))}).") from error
    except requests.RequestException as error:
        reason = without_secrets(in_one_line(_innermost(error)))
        raise DownloadError(f"no answer, or a broken one ({reason}); is this machine online?") from error
    except ValueError as error:  # pooch: the hash is another one
        raise DownloadError(
            "what the server sent does not have the recorded sha256, and was thrown away; it is damaged, or the file was replaced."
        ) from error
    except OSError as error:
        raise DownloadError(
            f"the cache {path.parent} cannot be written ({in_one_line(error)}); set BNN_ZOO_CACHE to a folder with room."
        ) from error
