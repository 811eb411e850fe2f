"""`hf://USER/REPO[@REVISION]/PATH`: through huggingface_hub, with its cache, tokens and settings."""

from __future__ import annotations

import errno
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bnn_zoo._error_words import in_one_line
from bnn_zoo._full_disk import full_disk_number
from bnn_zoo.download.addresses import without_secrets
from bnn_zoo.download.retry import RETRIED, is_unresolved, with_retries
from bnn_zoo.hub.errors import WeightFileError
from bnn_zoo.hub.hashing import file_sha256
from bnn_zoo.hub.hub_reference import HubFile, parse_hub_reference
from bnn_zoo.hub.weight_set import SHA256, WeightSet

#: Errors of the HTTP library under huggingface_hub that may pass. By name: which library it is differs from version to version.
_PASSING = {"NetworkError", "TimeoutException", "RemoteProtocolError"}

#: What git calls a file of a certain content.
_GIT_NAME = re.compile("[0-9a-f]{40}")


def cached(source: str, weights: WeightSet) -> Path | None:
    """The file in huggingface_hub's cache, if it is there.

    Raises:
        WeightFileError: if the source is none.
    """
    return _cached(_place(source))


def bring(source: str, weights: WeightSet, anew: bool) -> Path:
    """A file of a Hub repository, from huggingface_hub's cache or the network.

    Raises:
        WeightFileError: saying what the Hub or the network did.
    """
    place = _place(source)
    return download_as_stated(place, anew) if weights.sha256 is None else download(place, anew)


def download_as_stated(place: HubFile, anew: bool = False) -> Path:
    """The same as `download`, for files of which nothing else tells whether they are whole: once more if the cache's is damaged.

    Raises:
        WeightFileError: as `download`; also if what comes is not what the Hub states.
    """
    path = download(place, anew)
    if not _is_as_stated(path):
        path = download(place, anew=True)
        if not _is_as_stated(path):
            raise WeightFileError(f"{place}: what was downloaded is not the file that the Hub states; try again later.")
    return path


def download(place: HubFile, anew: bool = False) -> Path:
    """A file of a Hub repository, from huggingface_hub's cache or the network.

    Args:
        place: the file.
        anew: downloads it even if it is in the cache; huggingface_hub believes what it has there, damaged or not.

    Raises:
        WeightFileError: saying what the Hub or the network did, and what to do next.
    """
    with _explained(place):
        kept = None if anew else _cached(place)
        if kept is None:
            # With nothing in its cache, huggingface_hub asks a silent server for minutes; this asks four times, for
            # HF_HUB_ETAG_TIMEOUT seconds (10) each.
            with_retries(lambda: _ask(place), _may_pass)
        try:
            return with_retries(lambda: _download(place, anew), _is_left_to_us)
        except Exception as error:
            if kept is not None and (_may_pass(error) or _is_of_the_disk(error)):
                return kept  # as huggingface_hub has it where the Hub is silent; a reset it does not catch
            raise


def _is_as_stated(path: Path) -> bool:
    """Whether a file has the hash that the Hub states and huggingface_hub's cache calls it by: SHA-256, of small files git's."""
    stated = path.resolve().name
    if _GIT_NAME.fullmatch(stated):
        content = path.read_bytes()
        return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest() == stated
    return SHA256.fullmatch(stated) is None or file_sha256(path) == stated


def _place(source: str) -> HubFile:
    place = parse_hub_reference(source)
    if place is None or not place.path:
        raise WeightFileError(f"{source}: expected hf://USER/REPO[@REVISION]/PATH.")
    return place


def _cached(place: HubFile) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(place.repo, place.path, revision=place.revision)
    return Path(found) if isinstance(found, str) and Path(found).is_file() else None


def _ask(place: HubFile) -> None:
    from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url

    url = hf_hub_url(place.repo, place.path, revision=place.revision)
    get_hf_file_metadata(url, timeout=constants.HF_HUB_ETAG_TIMEOUT)


def _download(place: HubFile, anew: bool) -> Path:
    from huggingface_hub import hf_hub_download

    return Path(hf_hub_download(place.repo, place.path, revision=place.revision, force_download=anew))


def _may_pass(error: Exception) -> bool:
    return _status(error) in RETRIED or (bool(_PASSING & _kinds(error)) and not is_unresolved(error))


def _is_of_the_disk(error: Exception) -> bool:
    """A newer file may find no room, or a cache that nobody may write into."""
    return full_disk_number(error) is not None or getattr(error, "errno", None) in (errno.EROFS, errno.EACCES)


def _is_left_to_us(error: Exception) -> bool:
    """huggingface_hub goes on by itself where a download stalls or breaks off; it gives up at a 5xx and at a reset."""
    return _status(error) in RETRIED or "ReadError" in _kinds(error)


def _status(error: Exception) -> int | None:
    return getattr(getattr(error, "response", None), "status_code", None)


def _kinds(error: Exception) -> set[str]:
    return {kind.__name__ for kind in type(error).__mro__}


def _told(error: BaseException) -> str:
    """An error's words. The Hub redirects to signed addresses, which huggingface_hub names in full."""
    return without_secrets(in_one_line(error))


@contextmanager
def _explained(place: HubFile) -> Iterator[None]:
    from huggingface_hub import errors

    where = f"{place.repo}/{place.path}" + (f" at {place.revision}" if place.revision else "")
    try:
        yield
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
    except (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled) as error:
        raise WeightFileError(
            f"{where}: it is not in the cache, and the Hub cannot be reached: offline mode, or no network "
            f"({_told(error.__cause__ or error)})."
        ) from error
    except errors.EntryNotFoundError as error:
        raise WeightFileError(f"{where}: the repository has no such file.") from error
    except errors.HfHubHTTPError as error:
        advice = "; check your token, or log in with `hf auth login`" if _status(error) in (401, 403) else ""
        raise WeightFileError(f"{where}: the Hub answered {_status(error)}{advice} ({_told(error)}).") from error
    except Exception as error:  # the HTTP library's own errors, of which there is no list; the disk's
        if _is_of_the_disk(error):
            raise WeightFileError(f"{where}: {_told(error)}; HF_HOME names another folder for the Hub's cache.") from error
        if is_unresolved(error):
            raise WeightFileError(f"{where}: the Hub cannot be reached ({_told(error)}); is this machine online?") from error
        raise WeightFileError(f"{where}: {type(error).__name__}: {_told(error)}") from error
