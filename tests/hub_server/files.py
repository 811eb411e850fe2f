"""A plain file server for downloads by URL, with faults."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any
from urllib.parse import quote, unquote

from .faults import Fault, FaultTable
from .wire import LoopbackServer, Request, Response, file_response


class FileServer(LoopbackServer):
    """Files by name over http on the loopback interface.

    Args:
        port: the port to listen on; 0 takes a free one.
    """

    def __init__(self, port: int = 0) -> None:
        self._files: dict[str, bytes] = {}
        self._hits: Counter[str] = Counter()
        self._faults = FaultTable()
        self._lock = threading.Lock()
        super().__init__(port)

    def add(self, name: str, data: bytes) -> str:
        """Serve `data` under `name`; returns its URL."""
        with self._lock:
            self._files[name] = data
        return self.url(name)

    def url(self, name: str) -> str:
        """The URL of `name`, whether or not it was added."""
        return f"{self.endpoint}/{quote(name)}"

    def fault(self, name: str, kind: str, times: int | None = None, **options: Any) -> None:
        """Let the next `times` downloads (None: all) of `name` go wrong.

        Args:
            name: the file's name.
            kind: one of FAULT_KINDS.
            times: how many requests meet the fault before all is well.
            **options: further fields of `Fault`, such as `seconds=2` for "stall" or `rate=5000` for "slow".
        """
        self._faults.set(name, Fault(kind, **options), times)

    def clear_fault(self, name: str) -> None:
        """Let downloads of `name` go well again."""
        self._faults.clear(name)

    def hits(self, name: str) -> int:
        """How many GET requests for `name` arrived, faulty ones included."""
        with self._lock:
            return self._hits[name]

    def respond(self, request: Request) -> Response:
        """Answer one request."""
        name = unquote(request.path[1:])
        with self._lock:
            data = self._files.get(name)
            self._hits[name] += request.method == "GET"
        if data is None:
            return Response(404, b"no such file")
        return file_response(request, data, fault=self._faults.take(name))
