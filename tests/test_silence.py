"""Standard error put aside and back."""

from __future__ import annotations

import os
import threading

import pytest
from fresh_process import printed_by

from bnn_zoo._silence import silent_stderr

OTHERWISE = {
    "closed": "os.close(2); sys.stderr = None",
    "no object": "sys.stderr = None",
}


def test_what_is_written_can_be_read() -> None:
    with silent_stderr() as written:
        os.write(2, b"one\n")
        assert written() == "one\n"
        os.write(2, b"two\n")
        assert written() == "one\ntwo\n"


def test_threads_at_once_leave_standard_error_where_it_was() -> None:
    before = os.fstat(2)
    inside, leave = threading.Event(), threading.Event()

    def hold_until(event: threading.Event) -> None:
        with silent_stderr():
            inside.set()
            event.wait(10)

    first_is_over = threading.Event()
    first, second = (threading.Thread(target=hold_until, args=(event,)) for event in (leave, first_is_over))
    first.start()
    assert inside.wait(10)
    second.start()
    second.join(0.2)  # long enough to begin inside the first, if nothing held it back
    leave.set()
    first.join(10)
    first_is_over.set()
    second.join(10)
    assert os.path.samestat(os.fstat(2), before)


@pytest.mark.parametrize("state", OTHERWISE)
def test_a_process_without_standard_error(state: str) -> None:
    code = f"import os, sys; from bnn_zoo._silence import silent_stderr; {OTHERWISE[state]}"
    code += "\nwith silent_stderr() as written: print(repr(written()))"
    assert printed_by(code) == "''"
