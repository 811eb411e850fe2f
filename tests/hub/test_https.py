"""Downloads over real sockets, with all that goes wrong there."""

from __future__ import annotations

import os
import pty
import signal
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fresh_process import ROOT, printed_by
from hub_server import FileServer
from processes import FETCH, start, wait_for
from weight_files import DATA, record

from bnn_zoo.download import request
from bnn_zoo.download.folders import cache_folder, downloads_folder
from bnn_zoo.download.retry import PAUSES
from bnn_zoo.hub import WeightFileError, fetch
from bnn_zoo.hub.cache import cached_path, clear_cache, verify_cache

NAME = "weights.h5"


def kept_part() -> Path:
    """Where what a failed download received is kept for the next one."""
    whole = cached_path(record(""))
    return whole.with_name(whole.name + ".part")


@pytest.fixture
def url(file_server: FileServer) -> str:
    return file_server.add(NAME, DATA)


def left_behind() -> list[str]:
    """Files in the cache that are no locks."""
    return [path.name for path in cache_folder().rglob("*") if path.is_file() and path.suffix != ".lock"]


def test_a_file_is_downloaded_once(file_server: FileServer, url: str) -> None:
    weights = record(url)
    path = fetch(weights)
    assert path == cached_path(weights)
    assert path.name == f"{weights.sha256}.h5"
    assert path.read_bytes() == DATA
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert fetch(weights) == path
    assert file_server.requests == [("GET", f"/{NAME}")]
    assert left_behind() == [path.name]


def test_a_damaged_file_in_the_cache_is_downloaded_anew(file_server: FileServer, url: str) -> None:
    path = fetch(record(url))
    for damaged in (DATA[:-1], DATA[:-1] + b"?", b""):
        path.write_bytes(damaged)
        assert verify_cache() == [(path, False)]
        assert fetch(record(url)).read_bytes() == DATA
    assert verify_cache() == [(path, True)]
    assert file_server.hits(NAME) == 4


# Once a fault, for ever: one clear error, nothing in the cache, and as many tries as there should be


@pytest.mark.parametrize(
    ("kind", "tries", "message"),
    [
        ("cut", 4, "no answer, or a broken one"),
        ("reset", 4, "no answer, or a broken one"),
        ("stall", 4, "no answer, or a broken one"),
        ("429", 4, "answered 429"),
        ("500", 4, "answered 500"),
        ("503", 4, "answered 503"),
        ("404", 1, "answered 404"),
        ("401", 1, "answered 401"),
        ("403", 1, "answered 403"),
        # Wrong content is no reason to ask again.
        ("wrong_bytes", 1, "does not have the recorded sha256"),
        ("wrong_length", 1, "does not have the recorded sha256"),
        ("redirect_scheme", 1, "refused"),
    ],
)
def test_a_fault_that_stays(
    file_server: FileServer, url: str, monkeypatch: pytest.MonkeyPatch, kind: str, tries: int, message: str
) -> None:
    monkeypatch.setattr(request, "TIMEOUT", 0.2)
    # A try that brings anything is not counted.
    file_server.fault(NAME, kind, fraction=0 if kind in ("cut", "reset") else 0.5)
    with pytest.raises(WeightFileError, match=message) as caught:
        fetch(record(url))
    assert url in str(caught.value)
    assert str(cached_path(record(url))) in str(caught.value), "where the file may be put by hand"
    assert file_server.hits(NAME) == tries
    assert not cached_path(record(url)).exists()
    assert left_behind() in ([], [kept_part().name]), "what the next call goes on from"
    file_server.clear_fault(NAME)
    assert fetch(record(url)).read_bytes() == DATA


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x", "//", "http://[::1"])
def test_a_redirect_to_another_scheme(file_server: FileServer, url: str, location: str) -> None:
    file_server.fault(NAME, "redirect_scheme", location=location)
    with pytest.raises(WeightFileError):
        fetch(record(url))
    assert left_behind() == []


def test_a_redirect_in_a_circle(file_server: FileServer, url: str) -> None:
    file_server.fault(NAME, "redirect_scheme", location=url)
    with pytest.raises(WeightFileError, match="refused"):
        fetch(record(url))


def test_a_line_that_breaks_again_and_again_gets_a_file_all_the_same(file_server: FileServer, url: str) -> None:
    file_server.fault(NAME, "cut", times=12, fraction=0.1)
    assert fetch(record(url)).read_bytes() == DATA
    assert file_server.hits(NAME) == 13, "each try came further, and so was not the last"


def test_what_a_failed_call_received_is_gone_on_from(file_server: FileServer, url: str) -> None:
    file_server.fault(NAME, "404")
    kept_part().parent.mkdir(parents=True)
    kept_part().write_bytes(DATA[:100_000])
    with pytest.raises(WeightFileError, match="answered 404"):
        fetch(record(url))
    assert kept_part().read_bytes() == DATA[:100_000]
    file_server.clear_fault(NAME)
    assert fetch(record(url)).read_bytes() == DATA
    assert left_behind() == [cached_path(record(url)).name]


@pytest.mark.parametrize("kind", ["cut", "reset", "stall", "429", "500", "503"])
def test_a_fault_that_passes(file_server: FileServer, url: str, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(request, "TIMEOUT", 0.3)
    file_server.fault(NAME, kind, times=2)
    assert fetch(record(url)).read_bytes() == DATA
    assert file_server.hits(NAME) == 3
    assert left_behind() == [cached_path(record(url)).name]


def test_a_server_that_is_not_there() -> None:
    with FileServer() as server:
        address = server.url(NAME)
    with pytest.raises(WeightFileError, match="is this machine online"):
        fetch(record(address))


def test_offline_there_is_no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PAUSES, "60,60,60")
    with pytest.raises(WeightFileError, match="is this machine online"):
        fetch(record("https://no-such-host.invalid/weights.h5"))


@pytest.mark.parametrize("recorded", [len(DATA) - 1, len(DATA) + 1])
def test_another_length_than_recorded_is_not_downloaded(file_server: FileServer, url: str, recorded: int) -> None:
    with pytest.raises(WeightFileError, match=f"announces {len(DATA)} bytes, recorded are {recorded}"):
        fetch(record(url, bytes=recorded))
    assert file_server.hits(NAME) == 1
    assert left_behind() == []


def test_the_next_source_is_tried(file_server: FileServer, url: str, tmp_path: Path) -> None:
    sources = ("gopher://x/y", str(tmp_path / "missing"), "package:../x", "hf://no/../thing", file_server.url("missing"), url)
    sources = ("a" * 300, *sources)  # to the system no name at all
    assert fetch(record(*sources)).read_bytes() == DATA
    with pytest.raises(WeightFileError) as caught:
        fetch(record(*sources[:-1], data=b"another"))
    assert all(source in str(caught.value) for source in sources[:-1])


# The disk


# Permission bits do not bind root; that a file is no folder, and that names have an end, binds everybody.
@pytest.mark.parametrize("place", ["file/cache", "a" * 300])
def test_a_cache_that_cannot_be_made(
    file_server: FileServer, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("BNN_ZOO_CACHE", str(tmp_path / place))
    with pytest.raises(WeightFileError, match="cannot be written.*BNN_ZOO_CACHE"):
        fetch(record(url))
    assert file_server.hits(NAME) == 0


def test_a_read_only_cache(file_server: FileServer, url: str, disk: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNN_ZOO_CACHE", str(disk("size=4m")))
    fetch(record(url))
    disk("ro")
    assert fetch(record(url)).read_bytes() == DATA
    other = file_server.add("other.h5", b"other")
    with pytest.raises(WeightFileError, match="cannot be written.*BNN_ZOO_CACHE"):
        fetch(record(other, data=b"other"))
    assert file_server.hits("other.h5") == 0


def test_a_disk_that_is_full(
    file_server: FileServer, url: str, disk: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = disk("size=256k")
    monkeypatch.setenv("BNN_ZOO_CACHE", str(folder))
    with pytest.raises(WeightFileError, match="cannot be written.*No space left.*BNN_ZOO_CACHE"):
        fetch(record(url))
    assert left_behind() == [kept_part().name], "what the next call goes on from, when there is room"
    assert file_server.hits(NAME) == 1, "no reason to download again"
    disk("size=4m")
    assert fetch(record(url)).read_bytes() == DATA


def test_a_file_that_may_not_grow(url: str, tmp_path: Path) -> None:
    code = f"""
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({len(DATA) // 2}, {len(DATA) // 2}))
from bnn_zoo.hub import WeightFileError
try:
    {FETCH.strip().replace(chr(10), chr(10) + "    ")}
except WeightFileError as error:
    print(error)
"""
    assert "cannot be written" in printed_by(code, url, str(record(url).sha256))
    assert left_behind() == [kept_part().name]


# Processes


def test_a_killed_download_leaves_nothing_that_looks_whole(file_server: FileServer, url: str) -> None:
    file_server.fault(NAME, "slow", times=1, rate=100_000)
    process = start(FETCH, url, str(record(url).sha256))
    wait_for(lambda: kept_part().exists() and kept_part().stat().st_size > 0)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert sorted(path.name for path in cache_folder().iterdir()) == [".downloads", kept_part().name]
    (leftover,) = [path for path in downloads_folder().iterdir() if path.suffix != ".lock"]
    assert printed_by(FETCH, url, str(record(url).sha256)) == str(cached_path(record(url)))
    assert cached_path(record(url)).read_bytes() == DATA
    assert file_server.hits(NAME) == 2
    # What nobody wrote to for an hour is removed by the next download, or by clearing.
    old = time.time() - 4000
    os.utime(leftover, (old, old))
    assert clear_cache() == len(DATA)
    assert left_behind() == []


def test_eight_processes_download_once(file_server: FileServer, url: str) -> None:
    file_server.fault(NAME, "slow", rate=400_000)
    processes = [start(FETCH, url, str(record(url).sha256)) for _ in range(8)]
    for process in processes:
        out, errors = process.communicate(timeout=100)
        assert process.returncode == 0, errors
        assert Path(out.strip()).read_bytes() == DATA
    assert file_server.hits(NAME) == 1


# Progress


def test_no_progress_in_a_pipe(url: str) -> None:
    process = start(FETCH, url, str(record(url).sha256))
    out, errors = process.communicate(timeout=100)
    assert out.strip() == str(cached_path(record(url)))
    assert errors == ""


def test_progress_with_size_and_speed_on_a_terminal(file_server: FileServer, url: str) -> None:
    file_server.fault(NAME, "slow", rate=400_000)
    terminal, behind = pty.openpty()
    command = [sys.executable, "-c", FETCH, url, str(record(url).sha256)]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=behind) as process:
        os.close(behind)
        shown = b""
        try:
            while block := os.read(terminal, 65536):
                shown += block
        except OSError:  # the other end is closed
            pass
    os.close(terminal)
    assert process.returncode == 0, shown
    assert NAME.encode() in shown
    assert b"400.0/400.0 kB" in shown
    assert b"B/s" in shown


# TLS


@pytest.fixture
def secure_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """A file server that speaks TLS, with a certificate that requests trusts."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    subprocess.run([*made.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with FileServer() as server:
        server._http.socket = context.wrap_socket(server._http.socket, server_side=True)
        yield server


def secure(url: str) -> str:
    return url.replace("http:", "https:")


def test_tls(secure_server: FileServer) -> None:
    assert fetch(record(secure(secure_server.add(NAME, DATA)))).read_bytes() == DATA


def test_a_certificate_that_nobody_signed(secure_server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(WeightFileError, match="certificate"):
        fetch(record(secure(secure_server.add(NAME, DATA))))
    assert left_behind() == []


def test_https_is_not_redirected_to_http(secure_server: FileServer, file_server: FileServer, url: str) -> None:
    secure_server.fault(NAME, "redirect_scheme", location=url)
    with pytest.raises(WeightFileError, match="https was redirected to http:"):
        fetch(record(secure(secure_server.add(NAME, DATA))))
    # Not by a detour either.
    file_server.fault(NAME, "redirect_scheme", location=secure(secure_server.add("other", DATA)))
    with pytest.raises(WeightFileError, match="https was redirected to http:"):
        fetch(record(secure(secure_server.url(NAME))))
    assert left_behind() == []


def test_http_may_be_redirected_to_https(secure_server: FileServer, file_server: FileServer, url: str) -> None:
    file_server.fault(NAME, "redirect_scheme", location=secure(secure_server.add(NAME, DATA)))
    assert fetch(record(url)).read_bytes() == DATA
