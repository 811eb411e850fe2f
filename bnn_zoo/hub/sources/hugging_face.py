"""`hf://USER/REPO[@REVISION]/PATH`: through huggingface_hub, with its cache, tokens and settings."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path

from bnn_zoo.hub.errors import WeightFileError
from bnn_zoo.hub.retry import BACKOFF, RETRIED
from bnn_zoo.hub.tensor_file import file_sha256
from bnn_zoo.hub.weight_set import WeightSet

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?"
_REFERENCE = re.compile(
    rf"(?P<repo>{_NAME}/{_NAME})(?:@(?P<revision>[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9._-]+)*?))?(?:/(?P<path>.+))?"
)


@dataclass(frozen=True)
class HubFile:
    """A place on the Hub.

    Args:
        repo: USER/REPO.
        revision: branch, tag or commit; None for the main branch.
        path: of a file in the repository, or of a folder; empty for its root.
    """

    repo: str
    revision: str | None
    path: str


def parse_hub_reference(reference: str) -> HubFile | None:
    """`[hf://]USER/REPO[@REVISION][/PATH]`, taken apart; None if it is nothing of the kind.

    A path is only looked for behind `hf://`; a revision with a slash must then be a commit or come without a path.
    """
    plain = reference.removeprefix("hf://")
    found = _REFERENCE.fullmatch(plain)
    if found is None or (plain == reference and found["path"]):
        return None
    path = found["path"] or ""
    if any(part in ("", ".", "..") for part in path.split("/")) and path:
        return None
    if any(".." in name or "--" in name for name in found["repo"].split("/")):
        return None
    return HubFile(found["repo"], found["revision"], path)


def bring(source: str, weights: WeightSet) -> Path:
    """Downloads a file of a Hub repository into huggingface_hub's cache.

    Raises:
        WeightFileError: saying what the Hub or the network did.
    """
    place = parse_hub_reference(source)
    if place is None or not place.path:
        raise WeightFileError(f"{source}: expected hf://USER/REPO[@REVISION]/PATH.")
    path = download(place)
    if weights.sha256 is not None and file_sha256(path) != weights.sha256:
        # huggingface_hub believes what it has in its cache: a damaged file would stay there.
        path = download(place, force=True)
    return path


def download(place: HubFile, force: bool = False) -> Path:
    """A file of a Hub repository, from huggingface_hub's cache or the network.

    Args:
        place: the file.
        force: downloads it even if it is in the cache.

    Raises:
        WeightFileError: saying what the Hub or the network did, and what to do next.
    """
    from huggingface_hub import errors

    where = f"{place.repo}/{place.path}" + (f" at {place.revision}" if place.revision else "")
    try:
        return _download(place, force)
    except errors.GatedRepoError as error:
        raise WeightFileError(
            f"{where}: the repository is gated; ask for access on its page and log in with `hf auth login`."
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise WeightFileError(
            f"{where}: no such repository, or it is private; check the name, or log in with `hf auth login`."
        ) from error
    except errors.RevisionNotFoundError as error:
        raise WeightFileError(f"{where}: the repository has no such revision.") from error
    except errors.LocalEntryNotFoundError as error:
        raise WeightFileError(
            f"{where}: it is not in the cache, and the Hub cannot be reached (offline mode, or no network)."
        ) from error
    except errors.EntryNotFoundError as error:
        raise WeightFileError(f"{where}: the repository has no such file.") from error
    except Exception as error:  # the HTTP library under huggingface_hub, and with it its errors, differ from version to version
        raise WeightFileError(f"{where}: {' '.join(str(error).split())[:300] or type(error).__name__}") from error


def _download(place: HubFile, force: bool) -> Path:
    from huggingface_hub import errors, hf_hub_download

    for pause in (*BACKOFF, None):
        try:
            return Path(hf_hub_download(place.repo, place.path, revision=place.revision, force_download=force))
        except errors.HfHubHTTPError as error:
            if pause is None or error.response is None or error.response.status_code not in RETRIED:
                raise
        except Exception as error:
            # huggingface_hub lets its HTTP library's errors through where a connection is reset in the middle of a file.
            if pause is None or not type(error).__module__.startswith(("httpx", "httpcore", "requests")):
                raise
        time.sleep(pause)
    raise AssertionError("the last try returns or raises")
