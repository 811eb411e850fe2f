"""The reading half of the Hub's API: who am I, what does a repository hold."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote, urlencode

from .access import readable_repo
from .errors import HubError, entry_not_found
from .storage import Blob, Commit, Repository, Storage
from .wire import Request, Response, json_response


def _file_entry(path: str, blob: Blob) -> dict:
    entry: dict = {"type": "file", "oid": blob.oid, "size": len(blob.data), "path": path}
    if blob.lfs:
        entry["lfs"] = {"oid": blob.sha256, "size": len(blob.data), "pointerSize": len(blob.pointer)}
    return entry


def _sibling(path: str, blob: Blob, with_blobs: bool) -> dict:
    if not with_blobs:
        return {"rfilename": path}
    sibling: dict = {"rfilename": path, "blobId": blob.oid, "size": len(blob.data)}
    if blob.lfs:
        sibling["lfs"] = {"sha256": blob.sha256, "size": len(blob.data), "pointerSize": len(blob.pointer)}
    return sibling


def _folders_of(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]


def _tree_entries(listing: Mapping[str, Blob], under: str, recursive: bool) -> list[dict]:
    prefix = f"{under}/" if under else ""
    below = {path: blob for path, blob in listing.items() if path.startswith(prefix)}
    folders = {folder: None for path in below for folder in _folders_of(path) if folder.startswith(prefix)}
    entries = [{"type": "directory", "oid": "0" * 40, "size": 0, "path": folder} for folder in folders]
    entries += [_file_entry(path, blob) for path, blob in below.items()]
    return [entry for entry in entries if recursive or "/" not in entry["path"].removeprefix(prefix)]


class ReadingApi:
    """Answers questions about repositories.

    Args:
        storage: the repositories.
        tokens: the user that each token belongs to.
        endpoint: the server's address, without a slash at its end.
        page_size: how many entries of a tree one answer holds.
    """

    def __init__(self, storage: Storage, tokens: Mapping[str, str], endpoint: str, page_size: int) -> None:
        self._storage, self._tokens, self._endpoint, self._page_size = storage, tokens, endpoint, page_size

    def whoami(self, request: Request, user: str | None) -> Response:
        """The user of the token."""
        if user is None:
            raise HubError(401, "", "Invalid username or password.")
        auth = {"type": "access_token", "accessToken": {"displayName": "test", "role": "write"}}
        return json_response({"type": "user", "name": user, "fullname": user, "orgs": [], "auth": auth})

    def model_info(self, request: Request, user: str | None, repo_id: str, revision: str = "main") -> Response:
        """A repository at a revision, with the names of its files; gated repositories tell theirs too."""
        with self._storage.lock:
            repo, commit = self._look_up(repo_id, user, revision)
            siblings = [_sibling(path, blob, request.flag("blobs")) for path, blob in repo.listing(commit).items()]
            first = repo.history("main")[-1]
        facts = {"id": repo_id, "modelId": repo_id, "author": repo.owner, "sha": commit.sha, "siblings": siblings}
        dates = {"lastModified": commit.date, "createdAt": first.date}
        state = {"private": repo.private, "gated": "manual" if repo.gated else False, "disabled": False}
        return json_response({**facts, **dates, **state, "tags": [], "downloads": 0, "likes": 0})

    def tree(self, request: Request, user: str | None, repo_id: str, revision: str, path: str = "") -> Response:
        """The files and folders of a revision, or of one folder in it, a page at a time."""
        under = unquote(path).strip("/")
        with self._storage.lock:
            repo, commit = self._look_up(repo_id, user, revision)
            listing = repo.listing(commit)
            overridden = repo.listing_override is not None
        if overridden:
            entries = [_file_entry(path, blob) for path, blob in listing.items()]
        else:
            entries = _tree_entries(listing, under, request.flag("recursive"))
        if under and not entries:
            raise entry_not_found(under, commit.sha)
        start = int(request.query.get("cursor", ["0"])[0])
        stop = start + self._page_size
        headers = {}
        if stop < len(entries):
            query = urlencode({**{key: values[0] for key, values in request.query.items()}, "cursor": stop})
            headers["Link"] = f'<{self._endpoint}{request.path}?{query}>; rel="next"'
        return json_response(entries[start:stop], 200, headers)

    def xet_token(self, request: Request, user: str | None, repo_id: str, kind: str, revision: str) -> Response:
        """Refuse: uploads by Xet need a storage service that this server has not."""
        raise HubError(404, "", "This server has no Xet storage: set HF_HUB_DISABLE_XET=1 before the client's import")

    def _look_up(self, repo_id: str, user: str | None, revision: str) -> tuple[Repository, Commit]:
        repo = readable_repo(self._storage, repo_id, user)
        return repo, repo.resolve(unquote(revision))
