"""The writing half of the Hub's API: repositories, commits and branches."""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import unquote

from .access import require_owner, writable_repo
from .errors import HubError, revision_not_found
from .storage import Blob, Storage, check_path
from .wire import Request, Response, json_response


def _front_matter_problem(content: str) -> str | None:
    lines = content.splitlines()
    if not lines or lines[0].strip() != "---":
        return None
    if "---" not in (line.strip() for line in lines[1:]):
        return "The metadata block that opens with --- is never closed"
    licenses = [line.partition(":")[2].strip() for line in lines if line.startswith("license:")]
    if any(re.fullmatch("[a-z0-9.-]+", name) is None for name in licenses):
        return '"license" must be one of [apache-2.0, mit, ...]'
    return None


class PublishingApi:
    """Answers requests that change repositories.

    Args:
        storage: the repositories.
        endpoint: the server's address, without a slash at its end.
    """

    def __init__(self, storage: Storage, endpoint: str) -> None:
        self._storage, self._endpoint = storage, endpoint

    def create_repo(self, request: Request, user: str | None) -> Response:
        """Make a repository; one that exists is a conflict that tells its address."""
        wanted = request.json()
        namespace = wanted.get("organization") or user
        repo_id = f"{namespace}/{wanted['name']}"
        require_owner(namespace or "", user)
        if wanted.get("type") not in (None, "model"):
            raise HubError(400, "", f"Only models are served here, not a {wanted['type']}")
        answer = {"url": f"{self._endpoint}/{repo_id}", "name": repo_id, "id": repo_id}
        private = wanted.get("visibility") == "private" or bool(wanted.get("private"))
        with self._storage.lock:
            if repo_id in self._storage.repos:
                return json_response({"error": "You already created this model repo", **answer}, 409)
            self._storage.create(repo_id, private=private)
        return json_response(answer)

    def validate_yaml(self, request: Request, user: str | None) -> Response:
        """Look at a model card's metadata: only its dashes and its license are checked here."""
        content = request.json()["content"]
        problem = _front_matter_problem(content)
        if problem is not None:
            return json_response({"errors": [{"message": problem}], "warnings": [], "error": problem}, 400)
        missing = [] if content.startswith("---") else [{"message": "empty or missing yaml metadata in repo card"}]
        return json_response({"errors": [], "warnings": missing})

    def preupload(self, request: Request, user: str | None, repo_id: str, revision: str) -> Response:
        """Say for each file whether it goes into the commit or is uploaded as a large file."""
        with self._storage.lock:
            repo = writable_repo(self._storage, repo_id, user)
            present = repo.resolve(unquote(revision)).files
        files = []
        for item in request.json()["files"]:
            lfs = self._storage.is_lfs(item["path"], item["size"])
            blob = present.get(item["path"])
            # The client skips a file whose oid here is that of its own content.
            oid = {"oid": blob.etag} if blob is not None and blob.lfs == lfs else {}
            mode = "lfs" if lfs else "regular"
            files.append({"path": item["path"], "uploadMode": mode, "shouldIgnore": False, **oid})
        return json_response({"files": files})

    def commit(self, request: Request, user: str | None, repo_id: str, revision: str) -> Response:
        """Apply a commit, sent as lines of JSON: a header, then one operation each."""
        lines = [json.loads(line) for line in request.body.splitlines() if line.strip()]
        header = next(line["value"] for line in lines if line["key"] == "header")
        branch = unquote(revision)
        with self._storage.lock:
            repo = writable_repo(self._storage, repo_id, user)
            if branch not in repo.branches:
                raise revision_not_found(branch)
            expected = header.get("parentCommit", repo.branches[branch])
            if not repo.branches[branch].startswith(expected):
                raise HubError(412, "", "A commit has happened since. Please refresh and try again.")

            def change(files: dict[str, Blob]) -> None:
                for line in lines:
                    self._apply(files, line["key"], line["value"])

            commit = repo.commit(branch, change, header["summary"])
        url = f"{self._endpoint}/{repo_id}/commit/{commit.sha}"
        return json_response({"success": True, "commitOid": commit.sha, "commitUrl": url, "hookOutput": ""})

    def _apply(self, files: dict[str, Blob], key: str, value: dict) -> None:
        if key == "header":
            return
        path = value["path"].rstrip("/")
        check_path(path)
        if key == "file":
            content = value["content"]
            files[path] = Blob(base64.b64decode(content) if value["encoding"] == "base64" else content.encode())
        elif key == "lfsFile":
            if value["oid"] not in self._storage.objects:
                raise HubError(400, "", f"The large file {value['oid']} of {path} was not uploaded")
            files[path] = Blob(self._storage.objects[value["oid"]], lfs=True)
        elif key == "deletedFile":
            if files.pop(path, None) is None:
                raise HubError(404, "EntryNotFound", f"A file with this name doesn't exist: {path}")
        elif key == "deletedFolder":
            for name in [name for name in files if name.startswith(f"{path}/")]:
                del files[name]
        else:
            raise HubError(400, "", f"Unknown operation {key!r}")

    def branch(self, request: Request, user: str | None, repo_id: str, name: str) -> Response:
        """Start the branch `name`."""
        with self._storage.lock:
            repo = writable_repo(self._storage, repo_id, user)
            if unquote(name) in repo.branches:
                raise HubError(409, "", f"Reference already exists: {unquote(name)}")
            repo.branches[unquote(name)] = repo.resolve(request.json().get("startingPoint", "main")).sha
        return json_response({"success": True})
