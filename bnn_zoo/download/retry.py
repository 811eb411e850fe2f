"""What is tried again, and after how long."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import TypeVar

T = TypeVar("T")

#: HTTP status codes that say "not now", those from 520 on Cloudflare's; 404 and 401 say "never".
RETRIED = (408, 425, 429, 500, 502, 503, 504, *range(520, 525))

#: Pauses in seconds before the second, third and fourth try.
BACKOFF = (1.0, 3.0, 9.0)

#: Codes whose answer may say in its head, Retry-After, how long to wait, and the seconds that this is believed for.
_TELLING, _LONGEST_PAUSE = (429, 503), 60.0

#: An environment variable with other pauses, as in "0.1,0.1": for tests, and no part of the interface.
PAUSES = "_BNN_ZOO_RETRY_PAUSES"


def with_retries(attempt: Callable[[], T], passing: Callable[[Exception], bool], progress: Callable[[], int] = lambda: 0) -> T:
    """The result of the first try that succeeds. A server that says how long to wait is waited for, up to a minute a time.

    Args:
        attempt: what is tried, at most once more than there are pauses.
        passing: whether an error may pass; others are raised at once.
        progress: how far the tries came; after one that came further than all before, the tries are counted anew.

    Raises:
        Exception: the error of the last try.
    """
    pauses = _pauses()
    failed, furthest = 0, progress()
    while True:
        try:
            return attempt()
        except Exception as error:
            reached = progress()
            if reached > furthest:
                failed, furthest = 0, reached
            if failed == len(pauses) or not passing(error):
                raise
            pause = max(pauses[failed], _asked_for(error))
        failed += 1
        time.sleep(pause)


def is_unresolved(error: BaseException | None) -> bool:
    """Whether an error is that a host's name could not be resolved: this machine is offline, and waiting does not help."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, socket.gaierror):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False


def _asked_for(error: Exception) -> float:
    """The seconds that a server asks to wait for, as a number or as the time when it will be back; 0 if it says nothing."""
    response = getattr(error, "response", None)
    if getattr(response, "status_code", None) not in _TELLING:
        return 0.0
    text = response.headers.get("retry-after") or "0"  # type: ignore[union-attr]
    try:
        seconds = float(text) if text.strip().isdigit() else parsedate_to_datetime(text).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return min(max(seconds, 0.0), _LONGEST_PAUSE)


def _pauses() -> tuple[float, ...]:
    chosen = os.environ.get(PAUSES)
    return BACKOFF if chosen is None else tuple(float(pause) for pause in chosen.split(",") if pause)
