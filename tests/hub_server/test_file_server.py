"""The plain file server and its faults, over real sockets."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from http.client import HTTPConnection, IncompleteRead

import pytest

from .content import WEIGHTS
from .files import FileServer


def test_files_and_hits(file_server: FileServer) -> None:
    assert file_server.add("a folder/weights.h5", WEIGHTS) == file_server.url("a folder/weights.h5")
    assert get(file_server, "a folder/weights.h5") == WEIGHTS
    assert (file_server.hits("a folder/weights.h5"), file_server.hits("other")) == (1, 0)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get(file_server, "other")
    assert file_server.hits("other") == 1


def get(server: FileServer, name: str, timeout: float = 5) -> bytes:
    with urllib.request.urlopen(server.url(name), timeout=timeout) as response:
        return response.read()


@pytest.mark.parametrize("kind", ["404", "401", "403", "429", "500", "503"])
def test_statuses_twice_and_then_fine(file_server: FileServer, kind: str) -> None:
    file_server.add("weights", WEIGHTS)
    file_server.fault("weights", kind, times=2)
    for _ in range(2):
        with pytest.raises(urllib.error.HTTPError, match=kind):
            get(file_server, "weights")
    assert get(file_server, "weights") == WEIGHTS
    assert file_server.hits("weights") == 3


def test_cut(file_server: FileServer) -> None:
    file_server.add("weights", WEIGHTS)
    file_server.fault("weights", "cut", times=1)
    with pytest.raises(IncompleteRead) as caught:
        get(file_server, "weights")
    assert caught.value.partial == WEIGHTS[: len(WEIGHTS) // 2]
    assert get(file_server, "weights") == WEIGHTS


def test_wrong_bytes_and_wrong_length(file_server: FileServer) -> None:
    file_server.add("weights", WEIGHTS)
    file_server.fault("weights", "wrong_bytes")
    wrong = get(file_server, "weights")
    assert len(wrong) == len(WEIGHTS) and wrong != WEIGHTS
    assert get(file_server, "weights") == wrong, "without times= the fault stays"
    file_server.fault("weights", "wrong_length", fraction=0.25)
    assert get(file_server, "weights") == WEIGHTS[: len(WEIGHTS) // 4]
    file_server.clear_fault("weights")
    assert get(file_server, "weights") == WEIGHTS


def test_reset(file_server: FileServer) -> None:
    file_server.add("weights", WEIGHTS)
    file_server.fault("weights", "reset", times=1)
    with pytest.raises(ConnectionResetError):
        get(file_server, "weights")
    assert get(file_server, "weights") == WEIGHTS


def test_stall(file_server: FileServer) -> None:
    file_server.add("weights", WEIGHTS)
    file_server.fault("weights", "stall", times=1)
    with pytest.raises(TimeoutError):
        get(file_server, "weights", timeout=0.3)
    file_server.fault("weights", "stall", times=1, seconds=0.2)
    with pytest.raises(IncompleteRead):
        get(file_server, "weights")
    assert get(file_server, "weights") == WEIGHTS


def test_closing_ends_a_stall() -> None:
    caught: list[BaseException] = []

    def stalled() -> None:
        try:
            get(server, "weights", timeout=60)
        except Exception as error:
            caught.append(error)

    with FileServer() as server:
        server.add("weights", WEIGHTS)
        server.fault("weights", "stall")
        client = threading.Thread(target=stalled)
        client.start()
        while not server.hits("weights"):
            time.sleep(0.01)
    client.join(5)
    assert not client.is_alive() and len(caught) == 1


def test_closing_ends_idle_connections() -> None:
    with FileServer() as server:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=5)
        connection.request("GET", "/missing")
        assert connection.getresponse().read() == b"no such file"
        idle = connection.sock
    assert idle.recv(1) == b""
    connection.close()


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_redirect_to_another_scheme(file_server: FileServer, location: str) -> None:
    file_server.add("weights", WEIGHTS)
    file_server.fault("weights", "redirect_scheme", location=location)
    connection = HTTPConnection("127.0.0.1", file_server.port)
    connection.request("GET", "/weights")
    response = connection.getresponse()
    connection.close()
    assert (response.status, response.headers["Location"]) == (302, location)


def test_slow(file_server: FileServer) -> None:
    file_server.add("weights", bytes(20_000))
    file_server.fault("weights", "slow", rate=50_000)
    start = time.monotonic()
    assert len(get(file_server, "weights")) == 20_000
    assert 0.3 < time.monotonic() - start < 3


def test_many_at_once(file_server: FileServer) -> None:
    file_server.add("weights", WEIGHTS)
    file_server.fault("weights", "503", times=10)
    outcomes: list[bool] = []

    def client() -> None:
        try:
            outcomes.append(get(file_server, "weights") == WEIGHTS)
        except urllib.error.HTTPError:
            outcomes.append(False)

    clients = [threading.Thread(target=client) for _ in range(40)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    assert (outcomes.count(True), outcomes.count(False), file_server.hits("weights")) == (30, 10, 40)


def test_faults_are_checked_when_set(file_server: FileServer) -> None:
    with pytest.raises(ValueError, match="choose one of cut"):
        file_server.fault("weights", "boredom")
    with pytest.raises(ValueError, match="at least 1"):
        file_server.fault("weights", "cut", times=0)
