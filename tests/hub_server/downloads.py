"""Downloads: /REPO/resolve/REVISION/PATH, and the place that large files are redirected to."""

from __future__ import annotations

from urllib.parse import quote, unquote

from .access import downloadable_repo
from .errors import HubError
from .faults import FaultTable
from .signing import Signer
from .storage import Storage
from .wire import Request, Response, file_response


class Downloads:
    """Answers HEAD and GET for files.

    Args:
        storage: the repositories.
        signer: signs the links to large files, which need no token.
        cdn: the address that large files are redirected to, without a slash at its end.
    """

    def __init__(self, storage: Storage, signer: Signer, cdn: str) -> None:
        self.faults = FaultTable()
        self._storage, self._signer, self._cdn = storage, signer, cdn

    def resolve(self, request: Request, user: str | None, repo_id: str, revision: str, path: str) -> Response:
        """A file of a repository: its content, or a redirect to it where it is a large file."""
        path = unquote(path)
        with self._storage.lock:
            repo = downloadable_repo(self._storage, repo_id, user)
            commit = repo.resolve(unquote(revision))
            blob = repo.find(commit, path)
        headers = {"X-Repo-Commit": commit.sha, "ETag": f'"{blob.etag}"'}
        head_fault = self.faults.take(("HEAD", repo_id, path)) if request.method == "HEAD" else None
        if not blob.lfs:
            fault = self.faults.take(("GET", repo_id, path)) if request.method == "GET" else head_fault
            return file_response(request, blob.data, headers, fault)
        target = f"/lfs-objects/{repo_id}/{commit.sha}/{quote(path, safe='')}"
        headers |= {"X-Linked-Etag": f'"{blob.sha256}"', "X-Linked-Size": str(len(blob.data))}
        headers["Location"] = f"{self._cdn}{target}?signature={self._signer.sign(target)}"
        return Response(302, b"", headers, head_fault)

    def large_file(self, request: Request, repo_id: str, sha: str, path: str) -> Response:
        """A large file's content, for whoever has a signed link.

        The client follows a redirect to the same origin already in its HEAD request, and then reads the file's
        metadata here: hence the headers of `resolve` once more.
        """
        if not self._signer.is_valid(request):
            raise HubError(403, "", "The link's signature is missing or wrong")
        path = unquote(path)
        with self._storage.lock:
            blob = self._storage.repo(repo_id).commits[sha].files[path]
        linked = {"X-Linked-Etag": f'"{blob.sha256}"', "X-Linked-Size": str(len(blob.data))}
        headers = {"X-Repo-Commit": sha, "ETag": f'"{blob.sha256}"', **linked}
        fault = self.faults.take(("GET", repo_id, path)) if request.method == "GET" else None
        return file_response(request, blob.data, headers, fault)
