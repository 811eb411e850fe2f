"""What is made of an error's words in another message."""

from __future__ import annotations

from bnn_zoo._error_words import in_one_line


def test_one_line_that_is_not_too_long_and_never_empty() -> None:
    assert in_one_line(ValueError("first\n\n  second\tthird ")) == "first second third"
    assert len(in_one_line(ValueError("word " * 1000))) == 300
    assert in_one_line(ValueError("word " * 1000), 7) == "word wo"
    assert in_one_line(MemoryError()) == "MemoryError"
