"""What the real huggingface_hub client publishes on the Hub of this folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, constants
from huggingface_hub.errors import HfHubHTTPError

from .content import REPO, WEIGHTS, write_folder
from .server import HubServer


def test_whoami_and_a_wrong_token(hub_server: HubServer, api: HfApi) -> None:
    assert api.whoami()["name"] == "me"
    with pytest.raises(HfHubHTTPError, match="Invalid user token"):
        HfApi(endpoint=hub_server.endpoint, token="hf_wrong").whoami()


def test_create_repo_twice(hub_server: HubServer, api: HfApi) -> None:
    assert api.create_repo(REPO, private=True, exist_ok=True).repo_id == REPO
    assert api.create_repo(REPO, private=True, exist_ok=True).repo_id == REPO
    assert hub_server.is_private(REPO)
    with pytest.raises(HfHubHTTPError, match="409"):
        api.create_repo(REPO)


def test_nobody_writes_to_anothers_namespace(hub_server: HubServer, api: HfApi) -> None:
    with pytest.raises(HfHubHTTPError, match="403"):
        api.create_repo("you/theirs")
    hub_server.add_repo("you/theirs")
    with pytest.raises(HfHubHTTPError, match="403"):
        api.upload_file(path_or_fileobj=b"{}", path_in_repo="config.json", repo_id="you/theirs")
    with pytest.raises(HfHubHTTPError, match="401"):
        HfApi(endpoint=hub_server.endpoint, token=False).create_repo(REPO)


@pytest.mark.parametrize("multipart_chunk", [None, 100_000])
def test_upload_folder(tmp_path: Path, multipart_chunk: int | None) -> None:
    assert constants.HF_HUB_DISABLE_XET, "fixtures.py must be imported before huggingface_hub"
    content = write_folder(tmp_path)
    with HubServer(multipart_chunk=multipart_chunk) as server:
        api = HfApi(endpoint=server.endpoint, token="hf_test")
        api.create_repo(REPO)
        sha = api.upload_folder(repo_id=REPO, folder_path=tmp_path).oid
        held = server.files(REPO, sha)
        assert {path: data for path, data in held.items() if path != ".gitattributes"} == content
        assert [path for path in held if server.is_lfs(REPO, path)] == ["model.safetensors"]
        puts = [path for method, path in server.requests if method == "PUT"]
        assert len(puts) == (1 if multipart_chunk is None else 3)
        assert ("POST", f"/{REPO}.git/info/lfs/objects/verify") in server.requests


def test_an_unchanged_folder_makes_no_commit(hub_server: HubServer, api: HfApi, tmp_path: Path) -> None:
    write_folder(tmp_path)
    api.create_repo(REPO)
    first = api.upload_folder(repo_id=REPO, folder_path=tmp_path).oid
    assert api.upload_folder(repo_id=REPO, folder_path=tmp_path).oid == first
    (tmp_path / "config.json").write_bytes(b"[]")
    hub_server.forget_requests()
    assert api.upload_folder(repo_id=REPO, folder_path=tmp_path).oid != first
    assert not [path for method, path in hub_server.requests if method == "PUT"]
    assert hub_server.files(REPO)["config.json"] == b"[]"


def test_create_commit_adds_and_deletes(hub_server: HubServer, api: HfApi) -> None:
    parent = hub_server.commit(REPO, {"old.txt": b"old", "folder/a": b"a", "folder/b": b"b"})
    operations = [
        CommitOperationAdd("weights.h5", WEIGHTS),
        CommitOperationAdd("empty.txt", b""),
        CommitOperationDelete("old.txt"),
        CommitOperationDelete("folder/"),
    ]
    info = api.create_commit(REPO, operations, commit_message="tidy", parent_commit=parent)
    assert set(hub_server.files(REPO)) == {".gitattributes", "weights.h5", "empty.txt"}
    assert hub_server.is_lfs(REPO, "weights.h5") and not hub_server.is_lfs(REPO, "empty.txt")
    assert set(hub_server.files(REPO, parent)) == {".gitattributes", "old.txt", "folder/a", "folder/b"}
    late = [CommitOperationAdd("late.txt", b"late")]
    with pytest.raises(HfHubHTTPError, match="412"):
        api.create_commit(REPO, late, commit_message="late", parent_commit=parent)
    assert api.model_info(REPO).sha == info.oid


@pytest.mark.parametrize("path", ["config.json", "model.safetensors"])
def test_upload_file_and_download(hub_server: HubServer, api: HfApi, fetch: Callable[..., bytes], path: str) -> None:
    hub_server.add_repo(REPO)
    api.upload_file(path_or_fileobj=WEIGHTS, path_in_repo=path, repo_id=REPO)
    assert hub_server.files(REPO)[path] == WEIGHTS
    assert fetch(path) == WEIGHTS


def test_size_decides_too() -> None:
    with HubServer(lfs_threshold=10) as server:
        server.commit(REPO, {"short.txt": b"x" * 10, "long.txt": b"x" * 11})
        assert [server.is_lfs(REPO, path) for path in ("short.txt", "long.txt")] == [False, True]


def test_an_invalid_card_is_refused(hub_server: HubServer, api: HfApi) -> None:
    hub_server.add_repo(REPO)
    with pytest.raises(ValueError, match="never closed"):
        api.upload_file(path_or_fileobj=b"---\nlicense: mit\n", path_in_repo="README.md", repo_id=REPO)
    assert "README.md" not in hub_server.files(REPO)
