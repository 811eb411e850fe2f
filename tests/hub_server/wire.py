"""HTTP on the loopback interface: requests in, responses out, and a server in a thread that logs what it saw."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import sys
import threading
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, cast
from urllib.parse import parse_qs, urlsplit

from .faults import Fault, send_with_fault

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class SeenRequest(NamedTuple):
    """One request as it arrived; `path` is still percent-encoded and has no query."""

    method: str
    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Request:
    """A whole request, body read; `path` is still percent-encoded, header names are lower case."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    def flag(self, name: str) -> bool:
        """Whether the query has `name` set to a true value."""
        return self.query.get(name, [""])[0].lower() in ("1", "true")

    def json(self) -> Any:
        """The body, decoded from JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Response:
    """A whole response; `fault`, if any, says how its sending goes wrong."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: Fault | None = None


def json_response(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A response that carries `value` as JSON."""
    return Response(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})


def file_response(request: Request, data: bytes, headers: Mapping[str, str] | None = None, fault: Fault | None = None) -> Response:
    """A response that carries `data`, or the part of it that the request's Range header asks for."""
    sent = {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes", **(headers or {})}
    match = _RANGE.fullmatch(request.headers.get("range", ""))
    if match is None or not any(match.groups()):
        return Response(200, data, sent, fault)
    first, last = match.groups()
    start = int(first) if first else max(len(data) - int(last), 0)
    stop = min(int(last) + 1, len(data)) if first and last else len(data)
    if start >= stop:
        return Response(416, b"", {**sent, "Content-Range": f"bytes */{len(data)}"}, fault)
    sent["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
    return Response(206, data[start:stop], sent, fault)


def _read_body(handler: BaseHTTPRequestHandler) -> bytes:
    if "chunked" not in handler.headers.get("Transfer-Encoding", ""):
        return handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
    parts = []
    while size := int(handler.rfile.readline().split(b";")[0], 16):
        parts.append(handler.rfile.read(size))
        handler.rfile.readline()
    while handler.rfile.readline().strip():
        pass
    return b"".join(parts)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body are two writes; with Nagle's algorithm each answer would wait for a delayed acknowledgement.
    disable_nagle_algorithm = True

    def _handle(self) -> None:
        target = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        loopback = cast(_Server, self.server).loopback
        loopback._record(SeenRequest(self.command, target.path, headers))
        body = _read_body(self)
        query = parse_qs(target.query, keep_blank_values=True)
        try:
            response = loopback.respond(Request(self.command, target.path, query, headers, body))
        except Exception:
            traceback.print_exc()
            response = json_response({"error": traceback.format_exc()}, 500)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            send_with_fault(self, response.status, response.headers, response.body, response.fault, loopback.closing)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _handle

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # The standard backlog of 5 resets connections when many processes start at once.
    request_queue_size = 128
    loopback: LoopbackServer

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, _Handler)
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent when a client went away: the tests kill clients on purpose."""
        if not isinstance(sys.exc_info()[1], OSError | ValueError):
            super().handle_error(request, client_address)

    def drop_connections(self) -> None:
        with self._open_lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class LoopbackServer:
    """A server in a thread on 127.0.0.1; subclasses say how to respond.

    Args:
        port: the port to listen on; 0 takes a free one.
    """

    def __init__(self, port: int = 0) -> None:
        self.closing = threading.Event()
        self._log: list[SeenRequest] = []
        self._log_lock = threading.Lock()
        self._http = _Server(("127.0.0.1", port))
        self._http.loopback = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that the server listens on."""
        return self._http.server_address[1]

    @property
    def endpoint(self) -> str:
        """The server's address, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def seen(self) -> list[SeenRequest]:
        """All requests so far, in the order of their arrival."""
        with self._log_lock:
            return list(self._log)

    @property
    def requests(self) -> list[tuple[str, str]]:
        """(method, path) of all requests so far, in the order of their arrival."""
        return [(request.method, request.path) for request in self.seen]

    def forget_requests(self) -> None:
        """Empty the log of requests."""
        with self._log_lock:
            self._log.clear()

    def respond(self, request: Request) -> Response:
        """Answer one request; called from many threads."""
        raise NotImplementedError

    def close(self) -> None:
        """Stop listening, end stalled answers, drop open connections."""
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._http.drop_connections()
        self._thread.join()

    def _record(self, request: SeenRequest) -> None:
        with self._log_lock:
            self._log.append(request)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
