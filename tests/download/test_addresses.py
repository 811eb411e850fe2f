"""What only an address's owner is to know does not reach messages."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnn_zoo.download.addresses import without_secrets
from bnn_zoo.download.errors import DownloadError
from bnn_zoo.download.verified import download


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://zoo.example/a.h5", "https://zoo.example/a.h5"),
        ("https://me:secret@zoo.example:80/a.h5", "https://zoo.example:80/a.h5"),
        ("https://secret@zoo.example", "https://zoo.example"),
        ("https://me:se@cret@zoo.example/x@y/a.h5", "https://zoo.example/x@y/a.h5"),
        ("https://zoo.example/a.h5?token=secret&x=1#part", "https://zoo.example/a.h5#part"),
        ("refused: 'http://a:b@c/d?e', and http://f?g.", "refused: 'http://c/d', and http://f"),
        ("hf://me/repo@main/a.h5", "hf://me/repo@main/a.h5"),
        ("package:a/b?c", "package:a/b?c"),
        ("/home/me/what?.h5", "/home/me/what?.h5"),
    ],
)
def test_without_secrets(text: str, shown: str) -> None:
    assert without_secrets(text) == shown


@pytest.mark.parametrize(
    "url", ["http://me:secret@", "http://me:secret@:x/a?token=secret", "gopher://me:secret@zoo.example/a?secret"]
)
def test_an_address_that_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(DownloadError, match="is refused") as caught:
        download(url, tmp_path / "a", "0" * 64)
    assert "secret" not in str(caught.value)
