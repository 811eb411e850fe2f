"""What can go wrong with a download, in one place: the kinds of faults, when they apply, how they are sent."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler

_STATUS_KINDS = {"404": 404, "401": 401, "403": 403, "429": 429, "500": 500, "503": 503}
_BODY_KINDS = ("cut", "wrong_bytes", "wrong_length", "reset", "stall", "redirect_scheme", "slow")

FAULT_KINDS = (*_BODY_KINDS, *_STATUS_KINDS)
"""All kinds of faults, see `Fault`."""

# A reset that overtakes the bytes before it would hide them from the client.
_RESET_DELAY = 0.05
_SLOW_STEP = 0.02


@dataclass(frozen=True)
class Fault:
    """One way in which a download goes wrong.

    `cut` announces the whole length and closes the connection after `fraction` of the body; `reset` does the same
    with a TCP reset; `wrong_bytes` sends the right number of other bytes; `wrong_length` announces and sends only
    `fraction` of the body; `stall` sends the headers and then nothing for `seconds` (None: until the server closes),
    after which it closes the connection; `slow` sends `rate` bytes a second; `redirect_scheme` redirects to
    `location`; a number answers with that status, with a Retry-After header if `retry_after` is set, and with the
    Hub's X-Error-Code if `error_code` is set ("EntryNotFound", "GatedRepo", ...).
    """

    kind: str
    fraction: float = 0.5
    seconds: float | None = None
    rate: float = 10_000
    location: str = "file:///etc/passwd"
    retry_after: int | None = None
    error_code: str = ""

    def __post_init__(self) -> None:
        if self.kind not in FAULT_KINDS:
            raise ValueError(f"kind={self.kind!r} is no fault; choose one of {', '.join(FAULT_KINDS)}")


class FaultTable:
    """Which fault the next request for a name meets; safe to use from many threads."""

    def __init__(self) -> None:
        self._faults: dict[Hashable, tuple[Fault, int | None]] = {}
        self._lock = threading.Lock()

    def set(self, name: Hashable, fault: Fault, times: int | None = None) -> None:
        """Let the next `times` requests for `name` (None: all of them) meet `fault`, in place of any earlier one."""
        if times is not None and times < 1:
            raise ValueError(f"times={times} must be at least 1, or None for every request; clear() ends a fault")
        with self._lock:
            self._faults[name] = (fault, times)

    def clear(self, name: Hashable) -> None:
        """Let requests for `name` go well again."""
        with self._lock:
            self._faults.pop(name, None)

    def take(self, name: Hashable) -> Fault | None:
        """The fault that the present request for `name` meets; counts it as met."""
        with self._lock:
            fault, times = self._faults.pop(name, (None, None))
            if fault is not None and times != 1:
                self._faults[name] = (fault, None if times is None else times - 1)
            return fault


def _send_head(handler: BaseHTTPRequestHandler, status: int, headers: Mapping[str, str], length: int) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(length))
    handler.end_headers()


def _reset(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(_RESET_DELAY)
    # Zero linger time: closing discards what is unsent and sends RST instead of FIN.
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.rfile.close()
    handler.connection.close()


def _send_slowly(handler: BaseHTTPRequestHandler, body: bytes, rate: float, closing: threading.Event) -> None:
    step = max(1, int(rate * _SLOW_STEP))
    for start in range(0, len(body), step):
        handler.wfile.write(body[start : start + step])
        if closing.wait(_SLOW_STEP):
            return


def send_with_fault(
    handler: BaseHTTPRequestHandler,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    fault: Fault | None,
    closing: threading.Event,
) -> None:
    """Send one response, in the way that `fault` spoils it.

    The body's length is announced for HEAD too, but only other methods get the body, so that of the faults HEAD
    meets those of the head: statuses, `redirect_scheme`, `wrong_length`, `stall` and `reset`.

    Args:
        handler: the connection's handler.
        status: the status of the response without fault.
        headers: its headers, without Content-Length.
        body: its body.
        fault: what goes wrong, or None.
        closing: set when the server closes; ends waiting.
    """
    kind = fault.kind if fault else ""
    if fault and kind in _STATUS_KINDS:
        status, body = _STATUS_KINDS[kind], b'{"error": "as the test asked"}'
        headers = {"X-Error-Code": fault.error_code} if fault.error_code else {}
        headers |= {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    elif fault and kind == "redirect_scheme":
        status, body, headers = 302, b"", {"Location": fault.location}
    elif fault and kind == "wrong_length":
        body = body[: int(len(body) * fault.fraction)]
    elif kind == "wrong_bytes":
        body = bytes(byte ^ 0xFF for byte in body)

    cut_head = handler.command == "HEAD" and fault and kind in ("stall", "reset")
    if not cut_head:
        _send_head(handler, status, headers, len(body))
    if handler.command == "HEAD" and not cut_head:
        return
    if fault and kind in ("cut", "reset"):
        if not cut_head:
            handler.wfile.write(body[: int(len(body) * fault.fraction)])
        handler.close_connection = True
        if kind == "reset":
            _reset(handler)
    elif fault and kind == "stall":
        handler.close_connection = True
        closing.wait(fault.seconds)
    elif fault and kind == "slow":
        _send_slowly(handler, body, fault.rate, closing)
        # Once the server closes, the body stays incomplete and the connection with it.
        handler.close_connection = closing.is_set()
    else:
        handler.wfile.write(body)
