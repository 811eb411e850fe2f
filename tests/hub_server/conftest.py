"""The real huggingface_hub client, as the tests of the Hub use it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import HfApi, hf_hub_download

from .content import REPO
from .server import HubServer


@pytest.fixture
def api(hub_server: HubServer) -> HfApi:
    """The real client, as the user "me"."""
    return HfApi(endpoint=hub_server.endpoint, token="hf_test")


@pytest.fixture
def fetch(hub_server: HubServer, tmp_path: Path) -> Callable[..., bytes]:
    """Downloads by the real client into a cache of the test's own; anonymous unless given a token."""

    def download(path: str, repo: str = REPO, **options: Any) -> bytes:
        options = {"token": False, "cache_dir": tmp_path / "cache", **options}
        return Path(hf_hub_download(repo, path, endpoint=hub_server.endpoint, **options)).read_bytes()

    return download
