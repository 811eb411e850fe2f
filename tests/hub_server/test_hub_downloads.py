"""What the real huggingface_hub client lists and downloads from the Hub of this folder."""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import HfApi, get_hf_file_metadata, hf_hub_download, hf_hub_url, snapshot_download
from huggingface_hub.errors import EntryNotFoundError

from .content import REPO, WEIGHTS
from .server import HubServer


def test_listings(hub_server: HubServer, api: HfApi) -> None:
    sha = hub_server.commit(REPO, {"config.json": b"{}", "sub/deep/model.safetensors": WEIGHTS})
    everything = [".gitattributes", "config.json", "sub/deep/model.safetensors"]
    assert api.list_repo_files(REPO) == everything
    assert {entry.path for entry in api.list_repo_tree(REPO)} == {".gitattributes", "config.json", "sub"}
    assert [entry.path for entry in api.list_repo_tree(REPO, "sub")] == ["sub/deep"]
    with pytest.raises(EntryNotFoundError):
        list(api.list_repo_tree(REPO, "nowhere"))
    info = api.model_info(REPO, revision=sha, files_metadata=True)
    assert api.repo_info(REPO).sha == sha
    assert info.sha == sha and info.siblings is not None
    weights = info.siblings[-1].lfs
    assert weights is not None and weights.sha256 == hashlib.sha256(WEIGHTS).hexdigest()
    assert api.file_exists(REPO, "config.json") and not api.file_exists(REPO, "nowhere")


def test_a_tree_of_several_pages() -> None:
    with HubServer(page_size=3) as server:
        server.commit(REPO, {f"{number}.txt": b"x" for number in range(10)})
        api = HfApi(endpoint=server.endpoint, token=False)
        assert len(api.list_repo_files(REPO)) == 11
        assert sum(path.endswith("/tree/main") for _, path in server.requests) == 4


def test_metadata_of_files(hub_server: HubServer) -> None:
    sha = hub_server.commit(REPO, {"config.json": b"{}", "model.safetensors": WEIGHTS})

    def metadata(path: str) -> Any:
        return get_hf_file_metadata(hf_hub_url(REPO, path, endpoint=hub_server.endpoint), token=False)

    small, large = metadata("config.json"), metadata("model.safetensors")
    assert (small.commit_hash, small.size) == (sha, 2)
    assert small.etag == hashlib.sha1(b"blob 2\0{}").hexdigest()
    assert (large.commit_hash, large.size) == (sha, len(WEIGHTS))
    assert large.etag == hashlib.sha256(WEIGHTS).hexdigest()
    assert large.location.startswith(f"{hub_server.endpoint}/lfs-objects/")
    assert large.xet_file_data is None


def test_redirects_to_another_origin_get_no_token(tmp_path: Path) -> None:
    with HubServer(cdn_host="localhost") as server:
        server.add_repo(REPO, private=True)
        server.commit(REPO, {"model.safetensors": WEIGHTS})
        path = hf_hub_download(REPO, "model.safetensors", endpoint=server.endpoint, token="hf_test", cache_dir=tmp_path)
        assert Path(path).read_bytes() == WEIGHTS
        authorized = {(seen.method, seen.path.split("/")[1]): "authorization" in seen.headers for seen in server.seen}
        assert authorized == {("HEAD", "me"): True, ("GET", "lfs-objects"): False}


def test_links_to_large_files_must_be_signed(hub_server: HubServer) -> None:
    sha = hub_server.commit(REPO, {"model.safetensors": WEIGHTS})
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{hub_server.endpoint}/lfs-objects/{REPO}/{sha}/model.safetensors")


def test_snapshot_download(hub_server: HubServer, tmp_path: Path) -> None:
    content = {"config.json": b"{}", "sub/model.safetensors": WEIGHTS}
    sha = hub_server.commit(REPO, content)
    folder = Path(snapshot_download(REPO, endpoint=hub_server.endpoint, token=False, cache_dir=tmp_path))
    assert folder.name == sha
    assert {path: (folder / path).read_bytes() for path in content} == content


def test_old_revisions_stay(hub_server: HubServer, api: HfApi, fetch: Callable[..., bytes]) -> None:
    first = hub_server.commit(REPO, {"model.safetensors": b"first"})
    hub_server.tag(REPO, "v1.0")
    api.create_branch(REPO, branch="next/try")
    second = hub_server.commit(REPO, {"model.safetensors": b"second"})
    hub_server.commit(REPO, {"model.safetensors": b"third"}, branch="next/try")
    assert len(first) == len(second) == 40
    wanted = {"main": b"second", first: b"first", "v1.0": b"first", second: b"second", "next/try": b"third"}
    assert {revision: fetch("model.safetensors", revision=revision) for revision in wanted} == wanted


def test_a_cached_file_is_not_fetched_again(hub_server: HubServer, fetch: Callable[..., bytes]) -> None:
    hub_server.commit(REPO, {"model.safetensors": WEIGHTS})
    assert fetch("model.safetensors") == fetch("model.safetensors") == WEIGHTS
    assert sum(method == "GET" for method, _ in hub_server.requests) == 1


def test_ranges(hub_server: HubServer) -> None:
    hub_server.commit(REPO, {"data.txt": b"0123456789"})

    def part(wanted: str) -> tuple[bytes, str]:
        url = hf_hub_url(REPO, "data.txt", endpoint=hub_server.endpoint)
        with urllib.request.urlopen(urllib.request.Request(url, headers={"Range": wanted})) as response:
            assert response.status == 206
            return response.read(), response.headers["Content-Range"]

    assert part("bytes=3-5") == (b"345", "bytes 3-5/10")
    assert part("bytes=8-") == (b"89", "bytes 8-9/10")
    assert part("bytes=-1") == (b"9", "bytes 9-9/10")
    with pytest.raises(urllib.error.HTTPError, match="416"):
        part("bytes=10-")
