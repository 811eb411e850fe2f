"""The reading half of the Hub's API: who am I, what does a repository hold."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs, unquote, urlencode

from .access import downloadable_repo, readable_repo, writable_repo
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

    def list_models(self, request: Request, user: str | None) -> Response:
        """The repositories that the user may know of."""
        search, author = (request.query.get(key, [""])[0] for key in ("search", "author"))
        with self._storage.lock:
            repos = [repo for repo in self._storage.repos.values() if not repo.private or repo.owner == user]
        repos = [repo for repo in repos if search.lower() in repo.repo_id.lower() and author in ("", repo.owner)]
        return json_response([{"id": repo.repo_id, "private": repo.private, "tags": []} for repo in repos])

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

    def paths_info(self, request: Request, user: str | None, repo_id: str, revision: str) -> Response:
        """Those of the asked-for paths that exist."""
        paths = parse_qs(request.body.decode()).get("paths", [])
        with self._storage.lock:
            repo, commit = self._look_up(repo_id, user, revision)
            listing = repo.listing(commit)
        entries = {entry["path"]: entry for entry in _tree_entries(listing, "", recursive=True)}
        return json_response([entries[path.rstrip("/")] for path in paths if path.rstrip("/") in entries])

    def refs(self, request: Request, user: str | None, repo_id: str) -> Response:
        """The branches and tags."""
        with self._storage.lock:
            repo = readable_repo(self._storage, repo_id, user)
            branches, tags = dict(repo.branches), dict(repo.tags)

        def refs_of(kind: str, names: Mapping[str, str]) -> list[dict]:
            return [{"name": name, "ref": f"refs/{kind}/{name}", "targetCommit": sha} for name, sha in names.items()]

        answer = {"branches": refs_of("heads", branches), "tags": refs_of("tags", tags), "converts": []}
        return json_response({**answer, "pullRequests": []})

    def commits(self, request: Request, user: str | None, repo_id: str, revision: str) -> Response:
        """The history of a revision, newest first."""
        with self._storage.lock:
            repo, commit = self._look_up(repo_id, user, revision)
            history = repo.history(commit.sha)
        authors = [{"user": repo.owner}]
        return json_response(
            [
                {"id": commit.sha, "title": commit.message, "message": "", "date": commit.date, "authors": authors}
                for commit in history
            ]
        )

    def auth_check(self, request: Request, user: str | None, repo_id: str, write: str | None = None) -> Response:
        """Whether the user may read (or write) the files."""
        with self._storage.lock:
            (writable_repo if write else downloadable_repo)(self._storage, repo_id, user)
        return Response(200)

    def xet_token(self, request: Request, user: str | None, repo_id: str, kind: str, revision: str) -> Response:
        """Refuse: uploads by Xet need a storage service that this server has not."""
        raise HubError(404, "", "This server has no Xet storage: set HF_HUB_DISABLE_XET=1 before the client's import")

    def _look_up(self, repo_id: str, user: str | None, revision: str) -> tuple[Repository, Commit]:
        repo = readable_repo(self._storage, repo_id, user)
        return repo, repo.resolve(unquote(revision))
