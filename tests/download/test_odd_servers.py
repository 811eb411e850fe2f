"""Servers that do as they are allowed to, and some that do not: files that were replaced, ranges, lengths and encodings."""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import requests
from hub_server import FileServer

from bnn_zoo.download.errors import DownloadError
from bnn_zoo.download.folders import cache_folder, clear_leftovers, downloads_folder
from bnn_zoo.download.verified import download

DATA = gzip.compress(np.random.default_rng(0).bytes(200_000))
OLD = np.random.default_rng(1).bytes(len(DATA))
SHA256 = hashlib.sha256(DATA).hexdigest()
SIZES = pytest.mark.parametrize("size", [len(DATA), None])


class Asked(NamedTuple):
    """A request: where its range starts, the version that it wants the rest of, and which one it is."""

    start: int
    version: str | None
    number: int


Answer = tuple[int, Mapping[str, Any], bytes]


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[Asked], Answer]], tuple[str, list[Asked]]]]:
    """Starts a server that answers as a function says, and closes the connection; its URL, and what it was asked."""
    servers = []

    def started(answer: Callable[[Asked], Answer]) -> tuple[str, list[Asked]]:
        asked: list[Asked] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
                asked.append(Asked(start, self.headers.get("If-Range"), len(asked)))
                status, headers, body = answer(asked[-1])
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, str(value))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/a.gz", asked

    yield started
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def target() -> Path:
    return cache_folder() / "datasets" / "a.gz"


def whole(data: bytes, sent: int | None = None, **headers: Any) -> Answer:
    return 200, {"Content-Length": len(data), **headers}, data[:sent]


def rest(data: bytes, start: int, stop: int | None = None, **headers: Any) -> Answer:
    part = data[start:stop]
    place = f"bytes {start}-{start + len(part) - 1}/{len(data)}"
    return 206, {"Content-Length": len(part), "Content-Range": place, **headers}, part


def left(target: Path) -> list[str]:
    """What a download left behind, locks left out."""
    folders = (target.parent, downloads_folder())
    return [path.name for folder in folders for path in folder.iterdir() if path.suffix != ".lock"]


# A file that is replaced while it is downloaded


@SIZES
@pytest.mark.parametrize("version", [{"ETag": '"1"'}, {"Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT", "ETag": 'W/"1"'}])
def test_the_rest_is_asked_for_of_the_same_version(serve: Any, target: Path, size: int | None, version: dict[str, str]) -> None:
    named = version["ETag"] if version["ETag"].startswith('"') else version["Last-Modified"]

    def answer(asked: Asked) -> Answer:
        if asked.number == 0:
            return whole(OLD, 100_000, **version)
        new = {"ETag": '"2"'}
        return rest(DATA, asked.start, **new) if asked.start and asked.version != named else whole(DATA, **new)

    url, asked = serve(answer)
    assert download(url, target, SHA256, size).read_bytes() == DATA
    assert len(asked) == 2 and asked[1].start > 0 and asked[1].version == named
    assert left(target) == [target.name]


@pytest.mark.parametrize("says", [{"ETag": '"2"'}, {}])
def test_a_server_that_sends_the_rest_of_another_version(serve: Any, target: Path, says: dict[str, str]) -> None:
    """By what it says, or by the hash: it is asked for the whole file then, once."""

    def answer(asked: Asked) -> Answer:
        if asked.number == 0:
            return whole(OLD, 100_000, ETag='"1"')
        return rest(DATA, asked.start, **says) if asked.start else whole(DATA, **says)

    url, asked = serve(answer)
    assert download(url, target, SHA256, len(DATA)).read_bytes() == DATA
    assert [request.start > 0 for request in asked] == [False, True, False]


def test_a_wrong_file_that_comes_in_parts_is_asked_for_twice_and_no_more(serve: Any, target: Path) -> None:
    def answer(asked: Asked) -> Answer:
        return rest(OLD, asked.start) if asked.start else whole(OLD, 100_000)

    url, asked = serve(answer)
    with pytest.raises(DownloadError, match="recorded sha256"):
        download(url, target, SHA256, len(DATA))
    assert [request.start > 0 for request in asked] == [False, True, False, True]
    assert left(target) == []


def test_the_version_is_kept_from_call_to_call(serve: Any, target: Path) -> None:
    fails = True

    def answer(asked: Asked) -> Answer:
        if fails:
            return whole(OLD, 100_000, ETag='"1"') if asked.number == 0 else (503, {"Content-Length": 0}, b"")
        return rest(DATA, asked.start) if asked.start and asked.version != '"1"' else whole(DATA)

    url, asked = serve(answer)
    with pytest.raises(DownloadError, match="503"):
        download(url, target, SHA256)
    assert sorted(left(target)) == ["a.gz.part", "a.gz.part.version"]
    fails = False
    assert download(url, target, SHA256).read_bytes() == DATA
    assert asked[-1].version == '"1"'
    assert left(target) == ["a.gz"]


@pytest.mark.parametrize("kept", ['"1"\r\nX: y', "", " "])
def test_a_version_that_would_break_a_request_is_not_sent(serve: Any, target: Path, kept: str) -> None:
    target.parent.mkdir(parents=True)
    (target.parent / "a.gz.part").write_bytes(DATA[:1000])
    (target.parent / "a.gz.part.version").write_text(kept)
    url, asked = serve(lambda asked: rest(DATA, asked.start) if asked.start else whole(DATA))
    assert download(url, target, SHA256).read_bytes() == DATA
    assert asked == [Asked(1000, None, 0)]


# Ranges and lengths


@pytest.mark.parametrize("status", [400, 403, 404, 405, 501])
def test_a_server_that_refuses_to_send_a_part(serve: Any, target: Path, status: int) -> None:
    target.parent.mkdir(parents=True)
    part = target.parent / "a.gz.part"
    part.write_bytes(DATA[:1000])
    gone, _ = serve(lambda asked: (status, {"Content-Length": 0}, b""))
    with pytest.raises(DownloadError, match=str(status)):
        download(gone, target, SHA256)
    assert part.read_bytes() == DATA[:1000], "nothing came in its place"
    url, asked = serve(lambda asked: (status, {"Content-Length": 0}, b"") if asked.start else whole(DATA))
    assert download(url, target, SHA256).read_bytes() == DATA
    assert [question.start for question in asked] == [1000, 0]


@SIZES
def test_a_server_that_sends_less_than_it_was_asked_for(serve: Any, target: Path, size: int | None) -> None:
    def answer(asked: Asked) -> Answer:
        return rest(DATA, asked.start, asked.start + 20_000) if asked.start else whole(DATA, 100_000)

    url, asked = serve(answer)
    assert download(url, target, SHA256, size).read_bytes() == DATA
    assert len(asked) == 7, "more than there are tries: each came further"


@pytest.mark.parametrize(
    "second",
    [
        lambda asked: rest(DATA, asked.start + 10),
        lambda asked: rest(DATA, asked.start - 10),
        lambda asked: (206, {"Content-Length": 10}, DATA[:10]),
        lambda asked: (206, {"Content-Length": 10, "Content-Range": f"bytes {'9' * 5000}-1/2"}, DATA[:10]),
        lambda asked: rest(DATA, 0, 50_000),
    ],
)
def test_another_part_than_was_asked_for_is_not_taken_for_it(serve: Any, target: Path, second: Any) -> None:
    def answer(asked: Asked) -> Answer:
        if asked.number == 1:
            return second(asked)
        return rest(DATA, asked.start) if asked.start else whole(DATA, 100_000 if asked.number == 0 else None)

    url, _ = serve(answer)
    assert download(url, target, SHA256).read_bytes() == DATA


@SIZES
def test_the_same_beginning_again_and_again_ends(serve: Any, target: Path, size: int | None) -> None:
    url, asked = serve(lambda asked: rest(DATA, 0, 1000))
    with pytest.raises(DownloadError, match=f"ended after 1000 of {len(DATA)} bytes"):
        download(url, target, SHA256, size)
    assert len(asked) == 5


def test_a_file_whose_length_is_never_told_but_known(serve: Any, target: Path) -> None:
    """The end of the connection is the end of the file, too early the first time."""

    def answer(asked: Asked) -> Answer:
        if asked.start:
            return 206, {"Content-Range": f"bytes {asked.start}-{len(DATA) - 1}/*"}, DATA[asked.start :]
        return 200, {}, DATA[:100_000]

    url, asked = serve(answer)
    assert download(url, target, SHA256, len(DATA)).read_bytes() == DATA
    assert [request.start for request in asked] == [0, 100_000]


@SIZES
@pytest.mark.parametrize("length", [f"{len(DATA)}, {len(DATA)}", "about a lot", "9" * 5000])
def test_a_length_that_is_told_twice_or_is_none(serve: Any, target: Path, size: int | None, length: str) -> None:
    url, asked = serve(lambda asked: (200, {"Content-Length": length}, DATA))
    assert download(url, target, SHA256, size).read_bytes() == DATA
    assert len(asked) == 1


def test_two_lengths_are_a_broken_answer(serve: Any, target: Path) -> None:
    url, _ = serve(lambda asked: (200, {"Content-Length": f"{len(DATA)}, 5"}, DATA))
    with pytest.raises(DownloadError, match="no answer, or a broken one"):
        download(url, target, SHA256)


@pytest.mark.parametrize("status", [201, 204, 300, 301, 304])
def test_answers_without_a_file_are_told_as_such_and_what_is_there_stays(serve: Any, target: Path, status: int) -> None:
    part = target.with_name("a.gz.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(DATA[:1000])
    url, asked = serve(lambda asked: (status, {} if status == 204 else {"Content-Length": 0}, b""))
    with pytest.raises(DownloadError, match=f"the server answered {status} [A-Z]"):
        download(url, target, SHA256)
    assert part.read_bytes() == DATA[:1000]
    assert len(asked) == 1


@pytest.mark.parametrize("status", [408, 425, 520, 524])
def test_answers_that_say_not_now(serve: Any, target: Path, status: int) -> None:
    url, _ = serve(lambda asked: whole(DATA) if asked.number == 3 else (status, {"Content-Length": 0}, b""))
    assert download(url, target, SHA256).read_bytes() == DATA


# Encodings


@SIZES
@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate", "br", "none such"])
def test_a_compressed_file_stays_as_it_is(serve: Any, target: Path, size: int | None, encoding: str) -> None:
    """Some servers take the file's own compression for one of the transfer."""

    def answer(asked: Asked) -> Answer:
        says = {"Content-Encoding": encoding}
        return rest(DATA, asked.start, **says) if asked.start else whole(DATA, 100_000, **says)

    url, asked = serve(answer)
    assert download(url, target, SHA256, size).read_bytes() == DATA
    assert [request.start > 0 for request in asked] == [False, True]


# Waiting


def test_a_server_that_says_when_it_will_be_back_is_waited_for(
    file_server: FileServer, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    url = file_server.add("a.gz", DATA)
    for asked, pause in ((7, 7), (3600, 60), (0, 0.01)):
        waited.clear()
        file_server.fault("a.gz", "503", times=1, retry_after=asked)
        assert download(url, target, SHA256).read_bytes() == DATA
        assert pause in waited
        target.unlink()


def test_a_certificate_is_no_reason_to_ask_again(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    def get(url: str, **options: Any) -> None:
        tries.append(url)
        raise requests.exceptions.SSLError("certificate verify failed")

    monkeypatch.setattr(requests, "get", get)
    with pytest.raises(DownloadError, match="certificate"):
        download("https://zoo.example/a.gz", target, SHA256)
    assert len(tries) == 1


# Locks


HOLD = """
import sys, pathlib
from bnn_zoo.download.verified import download
download(sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3])
"""


def test_an_old_lock_still_keeps_others_out(file_server: FileServer, target: Path) -> None:
    """Nobody writes to a lock, so that its age tells nothing of whether it is held."""
    url = file_server.add("a.gz", DATA)
    file_server.fault("a.gz", "slow", rate=400_000)
    lock = downloads_folder() / "a.gz.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    os.utime(lock, (1, 1))
    command = [sys.executable, "-c", HOLD, url, str(target), SHA256]
    processes = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait(100) for process in processes] == [0, 0, 0]
    assert target.read_bytes() == DATA
    assert file_server.hits("a.gz") == 1
    os.utime(lock, (1, 1))
    assert clear_leftovers() == 0
    assert lock.exists()
