"""The servers of this folder, shown on the real huggingface_hub client and over real sockets."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPConnection, IncompleteRead
from pathlib import Path
from typing import Any

import pytest
from fresh_process import printed_by
from huggingface_hub import (
    CommitOperationAdd,
    CommitOperationDelete,
    HfApi,
    constants,
    get_hf_file_metadata,
    hf_hub_download,
    hf_hub_url,
    snapshot_download,
)
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from .files import FileServer
from .server import HubServer

REPO = "me/my-bnn"
WEIGHTS = bytes(range(256)) * 1000
CARD = b"---\nlicense: mit\nlibrary_name: bnn_zoo\n---\n# A network\n"


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


def write_folder(folder: Path) -> dict[str, bytes]:
    content = {"README.md": CARD, "config.json": b"{}", "model.safetensors": WEIGHTS, "sub/läbels.txt": b"cat\n"}
    for name, data in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return content


# Publishing


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


# Listing and downloading


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


# Errors of the client's own types


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


# The client in a process of its own, as the fixture's variables point it


def test_a_new_process_needs_no_arguments(hub_server: HubServer, tmp_path: Path) -> None:
    write_folder(tmp_path / "model")
    code = """if True:
        from huggingface_hub import HfApi, ModelCard, snapshot_download
        api = HfApi()
        api.create_repo("me/my-bnn", private=True)
        ModelCard("---\\nlicense: mit\\n---\\n# x").validate()
        ModelCard("---\\nlicense: mit\\n---\\n# x").push_to_hub("me/my-bnn")
        api.upload_folder(repo_id="me/my-bnn", folder_path=FOLDER)
        print(snapshot_download("me/my-bnn"))
    """.replace("FOLDER", repr(str(tmp_path / "model")))
    folder = Path(printed_by(code))
    assert (folder / "model.safetensors").read_bytes() == hub_server.files(REPO)["model.safetensors"] == WEIGHTS
    assert folder.is_relative_to(tmp_path / "hf_home")


def test_offline_mode_uses_the_cache(hub_server: HubServer) -> None:
    hub_server.commit(REPO, {"config.json": b"{}", "other.json": b"{}"})
    download = "from huggingface_hub import hf_hub_download as get; print(get('me/my-bnn', 'config.json'))"
    path = printed_by(download)
    hub_server.forget_requests()
    assert printed_by(download, HF_HUB_OFFLINE="1") == path
    assert hub_server.requests == []
    missing = """if True:
        from huggingface_hub import hf_hub_download, HfApi
        from huggingface_hub.errors import LocalEntryNotFoundError, OfflineModeIsEnabled
        try:
            hf_hub_download("me/my-bnn", "other.json")
        except LocalEntryNotFoundError as error:
            print(type(error.__cause__).__name__)
        try:
            HfApi().model_info("me/my-bnn")
        except OfflineModeIsEnabled as error:
            print(type(error).__name__)
    """
    assert printed_by(missing, HF_HUB_OFFLINE="1").split() == ["OfflineModeIsEnabled"] * 2


def test_uploads_by_xet_fail_with_a_way_out(hub_server: HubServer) -> None:
    pytest.importorskip("hf_xet")
    hub_server.add_repo(REPO)
    code = """if True:
        from huggingface_hub import upload_file
        upload_file(path_or_fileobj=b"{}", path_in_repo="config.json", repo_id="me/my-bnn")
        try:
            upload_file(path_or_fileobj=b"weights", path_in_repo="model.safetensors", repo_id="me/my-bnn")
        except ConnectionError as error:
            print("xet-write-token" in str(error))
    """
    assert printed_by(code, HF_HUB_DISABLE_XET="0") == "True"
    assert set(hub_server.files(REPO)) == {".gitattributes", "config.json"}


# Faults on the Hub, as the client meets them


@pytest.mark.parametrize("path", ["config.json", "model.safetensors"])
def test_one_cut_is_survived(hub_server: HubServer, fetch: Callable[..., bytes], path: str) -> None:
    hub_server.commit(REPO, {path: WEIGHTS})
    hub_server.fault(REPO, path, "cut", times=1)
    assert fetch(path) == WEIGHTS
    assert sum(method == "GET" for method, _ in hub_server.requests) == 2


def test_a_large_cut_download_resumes(hub_server: HubServer, fetch: Callable[..., bytes]) -> None:
    chunk = constants.DOWNLOAD_CHUNK_SIZE
    data = os.urandom(1024) * (3 * chunk // 1024)
    hub_server.commit(REPO, {"model.safetensors": data})
    hub_server.fault(REPO, "model.safetensors", "cut", times=1)
    assert fetch("model.safetensors") == data
    ranges = [seen.headers.get("range") for seen in hub_server.seen if seen.method == "GET"]
    assert ranges == [None, f"bytes={chunk}-"]


def test_the_client_takes_wrong_bytes_for_right(hub_server: HubServer, fetch: Callable[..., bytes]) -> None:
    hub_server.commit(REPO, {"model.safetensors": WEIGHTS})
    hub_server.fault(REPO, "model.safetensors", "wrong_bytes", times=1)
    wrong = fetch("model.safetensors")
    assert len(wrong) == len(WEIGHTS) and wrong != WEIGHTS
    assert fetch("model.safetensors") == wrong, "the cache keeps them"
    assert fetch("model.safetensors", force_download=True) == WEIGHTS


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("wrong_length", "Consistency check failed"),
        ("reset", "reset by peer"),
        ("redirect_scheme", "unsupported protocol"),
        ("503", "503"),
        ("404", "404"),
        ("401", "401"),
    ],
)
def test_faults_that_the_client_does_not_retry(
    hub_server: HubServer, fetch: Callable[..., bytes], tmp_path: Path, kind: str, error: str
) -> None:
    hub_server.commit(REPO, {"model.safetensors": WEIGHTS})
    hub_server.fault(REPO, "model.safetensors", kind, times=1)
    with pytest.raises(Exception, match=error):
        fetch("model.safetensors")
    assert sum(method == "GET" for method, _ in hub_server.requests) == 1
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and path.stat().st_size > 1000]
    assert fetch("model.safetensors") == WEIGHTS


@pytest.mark.parametrize(("kind", "methods"), [("429", ("GET",)), ("503", ("HEAD",)), ("429", ("HEAD",))])
def test_faults_that_the_client_retries(
    hub_server: HubServer, fetch: Callable[..., bytes], kind: str, methods: tuple[str, ...]
) -> None:
    hub_server.commit(REPO, {"model.safetensors": WEIGHTS})
    hub_server.fault(REPO, "model.safetensors", kind, times=1, methods=methods)
    assert fetch("model.safetensors") == WEIGHTS


def test_fault_with_the_hubs_own_code(hub_server: HubServer, fetch: Callable[..., bytes]) -> None:
    hub_server.commit(REPO, {"config.json": b"{}"})
    hub_server.fault(REPO, "config.json", "403", methods=["HEAD"], error_code="GatedRepo")
    with pytest.raises(GatedRepoError):
        fetch("config.json")
    hub_server.clear_fault(REPO, "config.json")
    assert fetch("config.json") == b"{}"


def test_a_stalled_download_times_out_and_goes_on(hub_server: HubServer) -> None:
    hub_server.commit(REPO, {"model.safetensors": WEIGHTS})
    hub_server.fault(REPO, "model.safetensors", "stall", times=1)
    code = "from huggingface_hub import hf_hub_download as get; print(get('me/my-bnn', 'model.safetensors'))"
    path = printed_by(code, HF_HUB_DOWNLOAD_TIMEOUT="1")
    assert Path(path).read_bytes() == WEIGHTS


def test_a_killed_download_leaves_nothing_that_looks_whole(hub_server: HubServer, tmp_path: Path) -> None:
    hub_server.commit(REPO, {"model.safetensors": WEIGHTS})
    hub_server.fault(REPO, "model.safetensors", "slow", times=1, rate=20_000)
    code = "from huggingface_hub import hf_hub_download as get; print(get('me/my-bnn', 'model.safetensors'))"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while "GET" not in [method for method, path in hub_server.requests if path.startswith("/lfs-objects/")]:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    blobs = [path.name for path in (tmp_path / "hf_home").rglob("blobs/*")]
    assert blobs and all(name.endswith(".incomplete") for name in blobs)
    assert Path(printed_by(code)).read_bytes() == WEIGHTS


# The plain file server


def test_files_and_hits(file_server: FileServer) -> None:
    assert file_server.add("a folder/weights.h5", WEIGHTS) == file_server.url("a folder/weights.h5")
    assert get(file_server, "a folder/weights.h5") == WEIGHTS
    assert (file_server.hits("a folder/weights.h5"), file_server.hits("other")) == (1, 0)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get(file_server, "other")
    assert file_server.hits("other") == 1


def get(server: FileServer, name: str, timeout: float = 5) -> bytes:
    with urllib.request.urlopen(server.url(name), timeout=timeout) as response:
        return response.read()


@pytest.mark.parametrize("kind", ["404", "401", "403", "429", "500", "503"])
def test_statuses_twice_and_then_fine(file_server: FileServer, kind: str) -> None:
    file_server.add("weights", WEIGHTS)
    file_server.fault("weights", kind, times=2)
    for _ in range(2):
        with pytest.raises(urllib.error.HTTPError, match=kind):
            get(file_server, "weights")
    assert get(file_server, "weights") == WEIGHTS
    assert file_server.hits("weights") == 3


def test_cut(file_server: FileServer) -> None:
    file_server.add("weights", WEIGHTS)
    file_server.fault("weights", "cut", times=1)
    with pytest.raises(IncompleteRead) as caught:
        get(file_server, "weights")
    assert caught.value.partial == WEIGHTS[: len(WEIGHTS) // 2]
    assert get(file_server, "weights") == WEIGHTS


def test_wrong_bytes_and_wrong_length(file_server: FileServer) -> None:
    file_server.add("weights", WEIGHTS)
    file_server.fault("weights", "wrong_bytes")
    wrong = get(file_server, "weights")
    assert len(wrong) == len(WEIGHTS) and wrong != WEIGHTS
    assert get(file_server, "weights") == wrong, "without times= the fault stays"
    file_server.fault("weights", "wrong_length", fraction=0.25)
    assert get(file_server, "weights") == WEIGHTS[: len(WEIGHTS) // 4]
    file_server.clear_fault("weights")
    assert get(file_server, "weights") == WEIGHTS


def test_reset(file_server: FileServer) -> None:
    file_server.add("weights", WEIGHTS)
    file_server.fault("weights", "reset", times=1)
    with pytest.raises(ConnectionResetError):
        get(file_server, "weights")
    assert get(file_server, "weights") == WEIGHTS


def test_stall(file_server: FileServer) -> None:
    file_server.add("weights", WEIGHTS)
    file_server.fault("weights", "stall", times=1)
    with pytest.raises(TimeoutError):
        get(file_server, "weights", timeout=0.3)
    file_server.fault("weights", "stall", times=1, seconds=0.2)
    with pytest.raises(IncompleteRead):
        get(file_server, "weights")
    assert get(file_server, "weights") == WEIGHTS


def test_closing_ends_a_stall() -> None:
    caught: list[BaseException] = []

    def stalled() -> None:
        try:
            get(server, "weights", timeout=60)
        except Exception as error:
            caught.append(error)

    with FileServer() as server:
        server.add("weights", WEIGHTS)
        server.fault("weights", "stall")
        client = threading.Thread(target=stalled)
        client.start()
        while not server.hits("weights"):
            time.sleep(0.01)
    client.join(5)
    assert not client.is_alive() and len(caught) == 1


def test_closing_ends_idle_connections() -> None:
    with FileServer() as server:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=5)
        connection.request("GET", "/missing")
        assert connection.getresponse().read() == b"no such file"
        idle = connection.sock
    assert idle.recv(1) == b""
    connection.close()


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_redirect_to_another_scheme(file_server: FileServer, location: str) -> None:
    file_server.add("weights", WEIGHTS)
    file_server.fault("weights", "redirect_scheme", location=location)
    connection = HTTPConnection("127.0.0.1", file_server.port)
    connection.request("GET", "/weights")
    response = connection.getresponse()
    connection.close()
    assert (response.status, response.headers["Location"]) == (302, location)


def test_slow(file_server: FileServer) -> None:
    file_server.add("weights", bytes(20_000))
    file_server.fault("weights", "slow", rate=50_000)
    start = time.monotonic()
    assert len(get(file_server, "weights")) == 20_000
    assert 0.3 < time.monotonic() - start < 3


def test_many_at_once(file_server: FileServer) -> None:
    file_server.add("weights", WEIGHTS)
    file_server.fault("weights", "503", times=10)
    outcomes: list[bool] = []

    def client() -> None:
        try:
            outcomes.append(get(file_server, "weights") == WEIGHTS)
        except urllib.error.HTTPError:
            outcomes.append(False)

    clients = [threading.Thread(target=client) for _ in range(40)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    assert (outcomes.count(True), outcomes.count(False), file_server.hits("weights")) == (30, 10, 40)


def test_faults_are_checked_when_set(file_server: FileServer) -> None:
    with pytest.raises(ValueError, match="choose one of cut"):
        file_server.fault("weights", "boredom")
    with pytest.raises(ValueError, match="at least 1"):
        file_server.fault("weights", "cut", times=0)
