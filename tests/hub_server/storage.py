"""Repositories in memory: blobs, commits, branches, tags, and the store of large files."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone

from .errors import HubError, entry_not_found, repo_not_found, revision_not_found

LFS_ENDINGS = (".safetensors", ".h5", ".bin", ".npz", ".pt", ".tflite")
GITATTRIBUTES = "".join(f"*{ending} filter=lfs diff=lfs merge=lfs -text\n" for ending in LFS_ENDINGS).encode()


def git_blob_id(data: bytes) -> str:
    """The SHA-1 that git gives a blob."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def check_path(path: str) -> None:
    """Refuse a path that git could not hold.

    Raises:
        HubError: the path is empty, absolute, or has an empty, `.` or `..` part (status 400).
    """
    if any(part in ("", ".", "..") for part in path.split("/")):
        raise HubError(400, "", f"Invalid path {path!r}: it must be relative, without empty, . or .. parts")


@dataclass(frozen=True)
class Blob:
    """One file's content, and whether it is kept as a large file."""

    data: bytes
    lfs: bool = False

    @property
    def sha256(self) -> str:
        """The content's SHA-256, in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def pointer(self) -> bytes:
        """The text that git holds in place of a large file."""
        text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {len(self.data)}\n"
        return text.encode()

    @property
    def oid(self) -> str:
        """The blob's name in git."""
        return git_blob_id(self.pointer if self.lfs else self.data)

    @property
    def etag(self) -> str:
        """What the Hub gives as the file's ETag: the SHA-256 of large files, the git name of others."""
        return self.sha256 if self.lfs else self.oid


@dataclass(frozen=True)
class Commit:
    """A state of a repository."""

    sha: str
    files: Mapping[str, Blob]
    date: str
    parent: str | None


@dataclass
class Repository:
    """One repository: its commits and the names that point at them."""

    repo_id: str
    private: bool = False
    gated: bool = False
    granted: set[str] = field(default_factory=set)
    commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    listing_override: list[str] | None = None

    @property
    def owner(self) -> str:
        """The namespace that the repository lies in."""
        return self.repo_id.split("/")[0]

    def resolve(self, revision: str) -> Commit:
        """The commit that a branch, a tag or a whole commit hash names.

        Raises:
            HubError: there is none (404, RevisionNotFound).
        """
        branch = revision.removeprefix("refs/heads/")
        tag = revision.removeprefix("refs/tags/")
        sha = self.branches.get(branch) or self.tags.get(tag) or revision
        if sha not in self.commits:
            raise revision_not_found(revision)
        return self.commits[sha]

    def history(self, revision: str) -> list[Commit]:
        """The commits that lead to `revision`, newest first."""
        commits = [self.resolve(revision)]
        while commits[-1].parent is not None:
            commits.append(self.commits[commits[-1].parent])
        return commits

    def find(self, commit: Commit, path: str) -> Blob:
        """The file at `path`, an invented one where the listing was overridden to name it.

        Raises:
            HubError: there is none (404, EntryNotFound).
        """
        if path in commit.files:
            return commit.files[path]
        if path in (self.listing_override or ()):
            return Blob(f"the content of {path}\n".encode())
        raise entry_not_found(path, commit.sha)

    def listing(self, commit: Commit) -> dict[str, Blob]:
        """The files that listings show, in their order."""
        if self.listing_override is not None:
            return {path: self.find(commit, path) for path in self.listing_override}
        return dict(sorted(commit.files.items()))

    def commit(self, branch: str, change: Callable[[dict[str, Blob]], None], message: str) -> Commit:
        """Apply `change` to the files at the head of `branch`, and let the branch point at the outcome."""
        parent = self.branches.get(branch)
        files = dict(self.commits[parent].files) if parent else {}
        change(files)
        date = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        tree = "".join(f"{path}\0{blob.oid}\n" for path, blob in sorted(files.items()))
        seed = f"{self.repo_id}\n{parent}\n{len(self.commits)}\n{message}\n{tree}"
        sha = hashlib.sha1(seed.encode("utf-8", "surrogateescape")).hexdigest()
        self.commits[sha] = Commit(sha, files, date, parent)
        self.branches[branch] = sha
        return self.commits[sha]


class Storage:
    """All repositories and large files of one server; hold `lock` while reading or changing them.

    Args:
        lfs_threshold: files of more bytes than this are large files, whatever their ending.
    """

    def __init__(self, lfs_threshold: int) -> None:
        self.lock = threading.RLock()
        self.repos: dict[str, Repository] = {}
        self.objects: dict[str, bytes] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.lfs_threshold = lfs_threshold

    def is_lfs(self, path: str, size: int) -> bool:
        """Whether a file of this path and size is kept as a large file."""
        return size > 0 and (path.endswith(LFS_ENDINGS) or size > self.lfs_threshold)

    def create(self, repo_id: str, private: bool = False, gated: bool = False) -> Repository:
        """Make a repository with a first commit, as the Hub does.

        Raises:
            HubError: it exists (409).
        """
        if repo_id in self.repos:
            raise HubError(409, "", "You already created this model repo")
        repo = self.repos[repo_id] = Repository(repo_id, private, gated)
        repo.commit("main", lambda files: files.update({".gitattributes": Blob(GITATTRIBUTES)}), "initial commit")
        return repo

    def repo(self, repo_id: str) -> Repository:
        """The repository of that name.

        Raises:
            HubError: there is none (404, RepoNotFound).
        """
        if repo_id not in self.repos:
            raise repo_not_found()
        return self.repos[repo_id]
