"""Large files: what came before a failure is gone on from, and never trusted. All else of downloads is tested in the hub."""

from __future__ import annotations

import hashlib
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hub_server import FileServer
from hub_server.wire import Response

from bnn_zoo.download.errors import DownloadError
from bnn_zoo.download.folders import cache_folder
from bnn_zoo.download.retry import PAUSES
from bnn_zoo.download.verified import download

DATA = np.random.default_rng(0).bytes(1_000_000)
SHA256 = hashlib.sha256(DATA).hexdigest()
NAME = "pictures.tar.gz"


@pytest.fixture
def url(file_server: FileServer) -> str:
    return file_server.add(NAME, DATA)


@pytest.fixture
def target() -> Path:
    return cache_folder() / "datasets" / NAME


def bytes_asked_for(server: FileServer, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The Range of each request to come; empty for all of the file."""
    ranges: list[str] = []
    respond = server.respond

    def noted(request):  # type: ignore[no-untyped-def]
        ranges.append(request.headers.get("range", ""))
        return respond(request)

    monkeypatch.setattr(server, "respond", noted)
    return ranges


def test_a_broken_connection_is_gone_on_from(
    file_server: FileServer, url: str, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranges = bytes_asked_for(file_server, monkeypatch)
    file_server.fault(NAME, "cut", times=2)
    assert download(url, target, SHA256, len(DATA)).read_bytes() == DATA
    assert ranges[0] == ""
    # The block in which the connection broke is lost, and no more.
    starts = [int(text.removeprefix("bytes=").removesuffix("-")) for text in ranges[1:]]
    assert 400_000 < starts[0] <= 500_000 and 600_000 < starts[1] <= 750_000


def test_what_a_failed_call_received_is_kept(
    file_server: FileServer, url: str, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = target.with_name(NAME + ".part")
    monkeypatch.setenv(PAUSES, "")
    file_server.fault(NAME, "cut", times=1, fraction=0.1)
    with pytest.raises(DownloadError, match=r"no answer, or a broken one \(Connection broken: [^']*\); is this machine online"):
        download(url, target, SHA256, len(DATA))
    received = part.stat().st_size
    assert 0 < received < len(DATA)
    ranges = bytes_asked_for(file_server, monkeypatch)
    assert download(url, target, SHA256, len(DATA)).read_bytes() == DATA
    assert ranges == [f"bytes={received}-"]
    assert [path.name for path in target.parent.iterdir()] == [NAME]


@pytest.mark.parametrize("beginning", [b"something else", DATA + b"more", DATA[:-1] + b"?", DATA])
def test_a_beginning_of_another_file_does_no_harm(url: str, target: Path, beginning: bytes) -> None:
    target.parent.mkdir(parents=True)
    for size in (len(DATA), None):
        target.unlink(missing_ok=True)
        target.with_name(NAME + ".part").write_bytes(beginning)
        assert download(url, target, SHA256, size).read_bytes() == DATA
        assert [path.name for path in target.parent.iterdir()] == [NAME]


def test_a_server_that_sends_all_when_asked_for_the_rest(
    file_server: FileServer, url: str, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub_server.files.file_response", lambda request, data, fault=None: Response(200, data))
    target.parent.mkdir(parents=True)
    target.with_name(NAME + ".part").write_bytes(DATA[:1000])
    assert download(url, target, SHA256).read_bytes() == DATA


@pytest.mark.parametrize(
    "kind, message", [("wrong_bytes", "recorded sha256"), ("404", "answered 404"), ("wrong_length", "announces 500000")]
)
def test_what_is_wrong_is_not_kept(file_server: FileServer, url: str, target: Path, kind: str, message: str) -> None:
    file_server.fault(NAME, kind)
    with pytest.raises(DownloadError, match=message):
        download(url, target, SHA256, len(DATA))
    assert list(target.parent.iterdir()) == []


def test_a_killed_download_is_gone_on_from(
    file_server: FileServer, url: str, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = target.with_name(NAME + ".part")
    file_server.fault(NAME, "slow", times=1, rate=1_000_000)
    code = "import sys, pathlib; from bnn_zoo.download.verified import download; " + (
        f"download(sys.argv[1], pathlib.Path(sys.argv[2]), {SHA256!r}, {len(DATA)})"
    )
    process = subprocess.Popen([sys.executable, "-c", code, url, str(target)])
    deadline = time.monotonic() + 60
    while not (part.exists() and part.stat().st_size):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    received = part.stat().st_size
    assert 0 < received < len(DATA) and not target.exists()
    ranges = bytes_asked_for(file_server, monkeypatch)
    assert download(url, target, SHA256, len(DATA)).read_bytes() == DATA
    assert ranges == [f"bytes={received}-"]


def test_offline_the_reason_is_told_without_what_wraps_it(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for proxy in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(proxy, raising=False)
        monkeypatch.delenv(proxy.upper(), raising=False)

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(DownloadError) as told:
        download("http://no-such-host.invalid/a/file.tar.gz", target, SHA256)
    text = str(told.value)
    assert text.startswith("no answer, or a broken one (") and text.endswith("); is this machine online?")
    assert "no-such-host.invalid" in text and "file.tar.gz" not in text and "Max retries" not in text
