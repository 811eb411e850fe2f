"""What the Hub of this folder refuses meets the real client as errors of its own types."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from .content import REPO, WEIGHTS
from .server import HubServer


@pytest.mark.parametrize("token", [False, "hf_other"])
def test_private_repos_look_missing(hub_server: HubServer, fetch: Callable[..., bytes], token: Any) -> None:
    hub_server.add_repo(REPO, private=True)
    hub_server.commit(REPO, {"config.json": b"{}"})
    for repo in (REPO, "me/missing"):
        with pytest.raises(RepositoryNotFoundError) as caught:
            fetch("config.json", repo, token=token)
        assert type(caught.value) is RepositoryNotFoundError
        assert caught.value.response.status_code == (404 if token else 401)
        with pytest.raises(RepositoryNotFoundError):
            HfApi(endpoint=hub_server.endpoint, token=token).list_repo_files(repo)
    assert fetch("config.json", token="hf_test") == b"{}"


def test_gated_repos(hub_server: HubServer, fetch: Callable[..., bytes]) -> None:
    hub_server.add_repo(REPO, gated=True)
    hub_server.add_repo("me/granted", gated=True, granted=["you"])
    for repo in (REPO, "me/granted"):
        hub_server.commit(repo, {"model.safetensors": WEIGHTS})
    for token, status in ((False, 401), ("hf_other", 403)):
        with pytest.raises(GatedRepoError) as caught:
            fetch("model.safetensors", token=token)
        assert caught.value.response.status_code == status
    assert HfApi(endpoint=hub_server.endpoint, token=False).model_info(REPO).gated == "manual"
    assert fetch("model.safetensors", token="hf_test") == WEIGHTS
    assert fetch("model.safetensors", "me/granted", token="hf_other") == WEIGHTS


def test_missing_file_and_missing_revision(hub_server: HubServer, fetch: Callable[..., bytes]) -> None:
    hub_server.commit(REPO, {"config.json": b"{}"})
    with pytest.raises(EntryNotFoundError):
        fetch("missing.json")
    for revision in ("missing", "0" * 40):
        with pytest.raises(RevisionNotFoundError):
            fetch("config.json", revision=revision)
    with pytest.raises(RevisionNotFoundError):
        HfApi(endpoint=hub_server.endpoint, token=False).list_repo_files(REPO, revision="missing")


def test_an_unknown_token_is_refused_even_for_public_files(hub_server: HubServer, fetch: Callable[..., bytes]) -> None:
    hub_server.commit(REPO, {"config.json": b"{}"})
    with pytest.raises(HfHubHTTPError) as caught:
        fetch("config.json", token="hf_wrong")
    assert caught.value.response.status_code == 401


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/x"])
def test_hostile_listings(hub_server: HubServer, api: HfApi, tmp_path: Path, path: str) -> None:
    hub_server.commit(REPO, {"config.json": b"{}"})
    hub_server.listing_override(REPO, [path])
    assert api.list_repo_files(REPO) == [path]
    assert [sibling.rfilename for sibling in api.model_info(REPO).siblings or []] == [path]
    with pytest.raises(ValueError, match="Invalid filename"):
        snapshot_download(REPO, endpoint=hub_server.endpoint, token=False, cache_dir=tmp_path / "a" / "b")
    url = f"{hub_server.endpoint}/{REPO}/resolve/main/{path.replace('..', '%2e%2e').replace('/', '%2F')}"
    with urllib.request.urlopen(url) as response:
        assert response.read() == f"the content of {path}\n".encode()
    hub_server.listing_override(REPO, None)
    assert "config.json" in api.list_repo_files(REPO)
