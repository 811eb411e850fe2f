"""What is tried again."""

from __future__ import annotations

import socket
import time

import pytest
import requests

from bnn_zoo.download.retry import BACKOFF, PAUSES, is_unresolved, with_retries


class Failing:
    """Fails a number of times, then gives the number of tries."""

    def __init__(self, failures: int, error: Exception) -> None:
        self.tries, self.failures, self.error = 0, failures, error

    def __call__(self) -> int:
        self.tries += 1
        if self.tries <= self.failures:
            raise self.error
        return self.tries


def test_the_pauses_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(BACKOFF) == sorted(BACKOFF)
    monkeypatch.delenv(PAUSES)
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    with pytest.raises(OSError):
        with_retries(Failing(9, OSError()), lambda error: True)
    assert slept == list(BACKOFF)


@pytest.mark.parametrize(
    ("status", "asked", "pause"),
    [
        (429, "5", 5),
        (503, "100000", 60),
        (503, "Thu, 01 Jan 1970 00:16:50 GMT", 10),
        (503, "Thu, 01 Jan 1970 00:00:00 GMT", 0.01),
        (503, "Fri, 31 Dec 9999 23:59:59 GMT", 60),
        (503, "soon", 0.01),
        (503, "-5", 0.01),
        (503, "9" * 5000, 60),
        (503, "", 0.01),
        (500, "5", 0.01),
    ],
)
def test_a_server_may_say_how_long_to_wait(monkeypatch: pytest.MonkeyPatch, status: int, asked: str, pause: float) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(time, "time", lambda: 1000.0)
    response = requests.Response()
    response.status_code, response.headers["Retry-After"] = status, asked
    assert with_retries(Failing(1, requests.HTTPError(response=response)), lambda error: True) == 2
    assert slept == [pause]


@pytest.mark.parametrize("failures", [0, 1, 2, 3])
def test_an_error_that_passes(failures: int) -> None:
    attempt = Failing(failures, OSError())
    assert with_retries(attempt, lambda error: isinstance(error, OSError)) == failures + 1


def test_an_error_that_stays() -> None:
    attempt = Failing(9, OSError("the last"))
    with pytest.raises(OSError, match="the last"):
        with_retries(attempt, lambda error: True)
    assert attempt.tries == 4


def test_only_tries_that_come_no_further_are_counted() -> None:
    attempt = Failing(99, OSError())
    with pytest.raises(OSError):
        with_retries(attempt, lambda error: True, progress=lambda: min(attempt.tries, 20))
    assert attempt.tries == 20 + 3
    attempt = Failing(99, OSError())
    with pytest.raises(OSError):
        with_retries(attempt, lambda error: True, progress=lambda: attempt.tries % 2)
    assert attempt.tries == 1 + 3, "further than all before, not than the last"


def test_an_error_that_never_passes() -> None:
    attempt = Failing(1, KeyError())
    with pytest.raises(KeyError):
        with_retries(attempt, lambda error: isinstance(error, OSError))
    assert attempt.tries == 1


def test_a_name_without_an_address_is_found_below_other_errors() -> None:
    assert not is_unresolved(None)
    assert not is_unresolved(OSError())
    assert is_unresolved(socket.gaierror())
    try:
        try:
            raise socket.gaierror()
        except OSError as error:
            raise ValueError from error
    except ValueError as error:
        assert is_unresolved(error)
    circle = ValueError()
    circle.__context__ = OSError()
    circle.__context__.__context__ = circle
    assert not is_unresolved(circle)
