"""Fixtures of this folder: short pauses, caches of each test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnn_zoo.download.retry import PAUSES


@pytest.fixture(autouse=True)
def quick_and_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries wait next to nothing, and downloads go to the test's folder."""
    monkeypatch.setenv(PAUSES, "0.01,0.02,0.03")
    monkeypatch.setenv("BNN_ZOO_CACHE", str(tmp_path / "cache"))
