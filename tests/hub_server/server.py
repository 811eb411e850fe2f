"""The Hub-compatible server: routes, and what a test may do to it from its side."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from .access import user_of
from .api import ReadingApi
from .downloads import Downloads
from .errors import HubError
from .faults import Fault
from .lfs import LargeFileUploads
from .publishing import PublishingApi
from .signing import Signer
from .storage import Blob, Storage
from .wire import LoopbackServer, Request, Response

_MIB = 1024 * 1024
_REPO = r"(?P<repo_id>[^/]+(?:/[^/]+)?)"
_REVISION = r"(?P<revision>[^/]+)"
_UPLOAD = rf"/lfs-uploads/{_REPO}/(?P<oid>[0-9a-f]{{64}})"


class _Route(NamedTuple):
    methods: str
    pattern: re.Pattern[str]
    answer: Callable[..., Response]
    # Signed links are sent without a token, and answered to whoever asks.
    signed: bool = False


class HubServer(LoopbackServer):
    """A Hub on the loopback interface that serves the real `huggingface_hub` client.

    Models only; everything lies in memory. Point the client at it with HF_ENDPOINT (read at the client's import) or
    `endpoint=`. Large files go by Git LFS: uploads need HF_HUB_DISABLE_XET=1 at the client's import, because the
    client never asks the server whether it may use Xet; downloads need nothing.

    Args:
        tokens: the user that each token belongs to; a user owns the namespace of the same name.
        lfs_threshold: files of more bytes than this are large files; so are weight files (`LFS_ENDINGS`) of any size.
        multipart_chunk: large files of more bytes than this are uploaded in parts of this size; None: never.
        page_size: how many entries of a tree one answer holds.
        cdn_host: the name by which redirects to large files call this server. "localhost" makes the redirect lead to
            another origin, as on the real Hub, so that the client follows it without its token.
        port: the port to listen on; 0 takes a free one.
    """

    def __init__(
        self,
        tokens: Mapping[str, str] | None = None,
        *,
        lfs_threshold: int = 10 * _MIB,
        multipart_chunk: int | None = None,
        page_size: int = 1000,
        cdn_host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.tokens = dict({"hf_test": "me"} if tokens is None else tokens)
        self._storage = Storage(lfs_threshold)
        self._routes: list[_Route] = []
        super().__init__(port)
        signer = Signer()
        reading = ReadingApi(self._storage, self.tokens, self.endpoint, page_size)
        publishing = PublishingApi(self._storage, self.endpoint)
        uploads = LargeFileUploads(self._storage, signer, self.endpoint, multipart_chunk)
        self._downloads = Downloads(self._storage, signer, f"http://{cdn_host}:{self.port}")
        self._add_routes(reading, publishing, uploads)

    def _add_routes(self, reading: ReadingApi, publishing: PublishingApi, uploads: LargeFileUploads) -> None:
        model = rf"/api/models/{_REPO}"
        table: list[tuple[str, str, Callable[..., Response]]] = [
            ("GET", "/api/whoami-v2", reading.whoami),
            ("POST", "/api/repos/create", publishing.create_repo),
            ("POST", "/api/validate-yaml", publishing.validate_yaml),
            ("GET", rf"{model}/revision/{_REVISION}", reading.model_info),
            ("GET", rf"{model}/tree/{_REVISION}(?:/(?P<path>.+))?", reading.tree),
            ("GET", rf"{model}/xet-(?P<kind>read|write)-token/{_REVISION}", reading.xet_token),
            ("POST", rf"{model}/preupload/{_REVISION}", publishing.preupload),
            ("POST", rf"{model}/commit/{_REVISION}", publishing.commit),
            ("POST", rf"{model}/branch/(?P<name>[^/]+)", publishing.branch),
            ("GET", model, reading.model_info),
            ("POST", rf"/{_REPO}\.git/info/lfs/objects/batch", uploads.batch),
            ("POST", rf"/{_REPO}\.git/info/lfs/objects/verify", uploads.verify),
            ("HEAD GET", rf"/{_REPO}/resolve/{_REVISION}/(?P<path>.+)", self._downloads.resolve),
        ]
        signed: list[tuple[str, str, Callable[..., Response]]] = [
            ("HEAD GET", rf"/lfs-objects/{_REPO}/(?P<sha>[0-9a-f]{{40}})/(?P<path>.+)", self._downloads.large_file),
            ("PUT POST", _UPLOAD, uploads.upload),
            ("PUT", rf"{_UPLOAD}/(?P<number>\d+)", uploads.upload_part),
        ]
        self._routes += [_Route(methods, re.compile(pattern), answer) for methods, pattern, answer in table]
        self._routes += [_Route(methods, re.compile(pattern), answer, True) for methods, pattern, answer in signed]

    def respond(self, request: Request) -> Response:
        """Answer one request."""
        try:
            for route in self._routes:
                match = route.pattern.fullmatch(request.path)
                if match is None or request.method not in route.methods.split():
                    continue
                arguments = {name: value for name, value in match.groupdict().items() if value is not None}
                if route.signed:
                    return route.answer(request, **arguments)
                return route.answer(request, user_of(request, self.tokens), **arguments)
            raise HubError(404, "", f"No such endpoint here: {request.method} {request.path}")
        except HubError as error:
            return error.response()

    def add_repo(self, repo_id: str, private: bool = False, gated: bool = False, granted: Iterable[str] = ()) -> HubServer:
        """Make a model repository; like the Hub's it begins with a commit of .gitattributes.

        Args:
            repo_id: "namespace/name".
            private: only the namespace's user and those granted may know of it.
            gated: only the namespace's user and those granted may download from it.
            granted: further users.

        Returns:
            The server, for chaining.
        """
        with self._storage.lock:
            self._storage.create(repo_id, private, gated).granted.update(granted)
        return self

    def commit(self, repo_id: str, files: Mapping[str, bytes | None], message: str = "commit", branch: str = "main") -> str:
        """Commit files from the test's side; paths are taken as they are, hostile ones too.

        Args:
            repo_id: a repository, made where there is none.
            files: the new content by path; None deletes the file.
            message: the commit's message.
            branch: the branch, begun where there is none.

        Returns:
            The commit's hash, 40 hexadecimal digits.
        """

        def change(held: dict[str, Blob]) -> None:
            for path, data in files.items():
                if data is None:
                    del held[path]
                else:
                    held[path] = Blob(data, self._storage.is_lfs(path, len(data)))

        with self._storage.lock:
            if repo_id not in self._storage.repos:
                self.add_repo(repo_id)
            return self._storage.repos[repo_id].commit(branch, change, message).sha

    def tag(self, repo_id: str, tag: str, revision: str = "main") -> None:
        """Let a tag name a revision, moving the tag where it exists."""
        with self._storage.lock:
            repo = self._storage.repo(repo_id)
            repo.tags[tag] = repo.resolve(revision).sha

    def files(self, repo_id: str, revision: str = "main") -> dict[str, bytes]:
        """The content by path at a revision, .gitattributes among it."""
        with self._storage.lock:
            return {path: blob.data for path, blob in self._storage.repo(repo_id).resolve(revision).files.items()}

    def is_lfs(self, repo_id: str, path: str, revision: str = "main") -> bool:
        """Whether a file is kept as a large file."""
        with self._storage.lock:
            return self._storage.repo(repo_id).resolve(revision).files[path].lfs

    def is_private(self, repo_id: str) -> bool:
        """Whether a repository is private."""
        with self._storage.lock:
            return self._storage.repo(repo_id).private

    def listing_override(self, repo_id: str, paths: Iterable[str] | None) -> None:
        """Let listings of a repository name these paths, whatever it holds; None ends it.

        Paths that the repository does not hold are served too, with invented content, so that a client that follows
        a hostile name would really write.
        """
        with self._storage.lock:
            self._storage.repo(repo_id).listing_override = None if paths is None else list(paths)

    def fault(
        self,
        repo_id: str,
        path: str,
        kind: str,
        times: int | None = None,
        methods: Iterable[str] = ("GET",),
        **options: Any,
    ) -> None:
        """Let the next `times` downloads (None: all) of a file go wrong.

        Args:
            repo_id: the repository.
            path: the file in it.
            kind: one of FAULT_KINDS.
            times: how many requests of each method meet the fault before all is well.
            methods: "GET" spoils the sending of the bytes (behind the redirect for large files); "HEAD" spoils the
                question for the file's metadata that the client asks first.
            **options: further fields of `Fault`, such as `seconds=2` for "stall" or `rate=5000` for "slow".
        """
        for method in methods:
            self._downloads.faults.set((method, repo_id, path), Fault(kind, **options), times)

    def clear_fault(self, repo_id: str, path: str) -> None:
        """Let downloads of a file go well again."""
        for method in ("HEAD", "GET"):
            self._downloads.faults.clear((method, repo_id, path))

    def client_environment(self, home: str, token: str | None = "hf_test") -> dict[str, str]:
        """Variables that point a client in another process at this server.

        Args:
            home: a folder for the client's cache and settings.
            token: the token that it sends, or None for none.

        Returns:
            Variables to lay over os.environ; an empty HF_TOKEN means no token.
        """
        switches = {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
        return {"HF_ENDPOINT": self.endpoint, "HF_HOME": home, "HF_TOKEN": token or "", **switches}
