"""The Hub through its own client, over real sockets, with all that goes wrong there."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fresh_process import printed_by
from hub_server import HubServer
from huggingface_hub import constants
from processes import FETCH, start, wait_for
from weight_files import DATA, files_of, record, write_weight_set

from bnn_zoo.hub import WeightFileError, fetch, is_cached, resolve

REPO, PATH = "me/my-bnn", "weights.h5"
SOURCE = f"hf://{REPO}/{PATH}"


@pytest.fixture
def served(hub: HubServer) -> HubServer:
    """A Hub with one weight file."""
    hub.commit(REPO, {PATH: DATA})
    return hub


def hits(server: HubServer, method: str = "GET") -> int:
    return sum(seen == method and path.endswith(PATH) for seen, path in server.requests)


def left_behind() -> list[str]:
    """Files in the cache that look like a whole weight file."""
    root = Path(constants.HF_HUB_CACHE)
    return [path.name for path in root.rglob("*") if path.is_file() and path.stat().st_size > 1000 and path.suffix != ".incomplete"]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's time-outs, as HF_HUB_ETAG_TIMEOUT and HF_HUB_DOWNLOAD_TIMEOUT would set them."""
    monkeypatch.setattr(constants, "HF_HUB_ETAG_TIMEOUT", 0.3)
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 0.3)


def test_a_file_is_downloaded_once_and_found_without_asking(served: HubServer) -> None:
    weights = record(SOURCE)
    assert not is_cached(weights)
    path = fetch(weights)
    assert path.read_bytes() == DATA
    assert path.is_relative_to(constants.HF_HUB_CACHE)
    assert is_cached(weights)
    served.forget_requests()
    assert fetch(weights) == path
    assert served.requests == []


def test_without_a_recorded_hash_the_etag_decides(served: HubServer) -> None:
    weights = record(SOURCE, sha256=None)
    assert fetch(weights).read_bytes() == DATA
    served.commit(REPO, {PATH: DATA[::-1]})
    assert is_cached(weights)
    assert fetch(weights).read_bytes() == DATA[::-1]
    assert hits(served) == 2


def test_without_a_recorded_hash_the_hubs_own_is_checked(served: HubServer) -> None:
    weights = record(SOURCE, sha256=None)
    path = fetch(weights)
    path.write_bytes(DATA[::-1])
    assert fetch(weights).read_bytes() == DATA
    assert hits(served) == 2


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data[:-1] + b"?"], ids=["cut", "changed"])
def test_a_damaged_file_in_the_cache_is_downloaded_anew(served: HubServer, damage: Callable[[bytes], bytes]) -> None:
    path = fetch(record(SOURCE))
    path.write_bytes(damage(DATA))
    assert fetch(record(SOURCE)).read_bytes() == DATA
    assert hits(served) == 2


# Faults that stay. For each method the number of requests is bounded, and so is the time.


@pytest.mark.parametrize(
    ("kind", "tries", "message"),
    [
        ("wrong_bytes", 2, "does not have the recorded sha256"),
        ("wrong_length", 1, "Consistency check failed"),
        ("reset", 4, "ReadError"),
        ("500", 4, "answered 500"),
        ("503", 4, "answered 503"),
        ("404", 1, "404"),
        ("401", 1, "401"),
        ("redirect_scheme", 1, "UnsupportedProtocol"),
    ],
)
def test_a_download_with_a_fault_that_stays(served: HubServer, kind: str, tries: int, message: str) -> None:
    served.fault(REPO, PATH, kind)
    with pytest.raises(WeightFileError, match=message) as caught:
        fetch(record(SOURCE))
    assert SOURCE in str(caught.value)
    assert hits(served) == tries
    assert left_behind() == [] or kind == "wrong_bytes"
    served.clear_fault(REPO, PATH)
    assert fetch(record(SOURCE)).read_bytes() == DATA


@pytest.mark.parametrize(("kind", "message"), [("cut", "RemoteProtocolError"), ("stall", "ReadTimeout")])
def test_a_download_that_breaks_off_again_and_again(served: HubServer, impatient: None, kind: str, message: str) -> None:
    served.fault(REPO, PATH, kind)
    with pytest.raises(WeightFileError, match=message):
        fetch(record(SOURCE))
    assert hits(served) == 6, "huggingface_hub's own tries, and no more on top of them"
    assert left_behind() == []


@pytest.mark.parametrize(
    ("kind", "options", "tries", "message"),
    [
        ("404", {}, 1, "404"),
        ("404", {"error_code": "EntryNotFound"}, 1, "no such file"),
        ("404", {"error_code": "RevisionNotFound"}, 1, "no such revision"),
        ("401", {}, 1, "hf auth login"),
        ("403", {}, 1, "hf auth login"),
        ("403", {"error_code": "GatedRepo"}, 1, "gated"),
        ("429", {}, 4, "429"),
        ("503", {}, 4, "503"),
        ("reset", {}, 4, "disconnected|reset"),
        ("stall", {}, 4, "Timeout"),
        # The second is huggingface_hub's own, after which it refuses to follow.
        ("redirect_scheme", {}, 2, "not seem to be served by a Hugging Face Hub"),
    ],
)
def test_a_question_with_a_fault_that_stays(
    served: HubServer, impatient: None, kind: str, options: dict[str, str], tries: int, message: str
) -> None:
    served.fault(REPO, PATH, kind, methods=["HEAD"], **options)
    started = time.monotonic()
    with pytest.raises(WeightFileError, match=message):
        fetch(record(SOURCE))
    assert time.monotonic() - started < 5
    assert (hits(served, "HEAD"), hits(served)) == (tries, 0)


@pytest.mark.parametrize("method", ["HEAD", "GET"])
@pytest.mark.parametrize("kind", ["503", "500", "429", "reset", "stall"])
def test_a_fault_that_passes(served: HubServer, impatient: None, kind: str, method: str) -> None:
    served.fault(REPO, PATH, kind, times=2, methods=[method])
    assert fetch(record(SOURCE)).read_bytes() == DATA
    assert hits(served) == (3 if method == "GET" else 1)


@pytest.mark.parametrize("kind", ["wrong_bytes", "cut"])
def test_one_wrong_answer_is_survived(served: HubServer, kind: str) -> None:
    served.fault(REPO, PATH, kind, times=1)
    assert fetch(record(SOURCE)).read_bytes() == DATA


@pytest.mark.parametrize("kind", ["503", "reset", "stall"])
def test_what_is_in_the_cache_needs_no_hub(served: HubServer, impatient: None, kind: str) -> None:
    for weights in (record(SOURCE), record(SOURCE, sha256=None)):
        fetch(weights)
        served.fault(REPO, PATH, kind, methods=["HEAD", "GET"])
        assert fetch(weights).read_bytes() == DATA
        served.clear_fault(REPO, PATH)


def test_nothing_listens(served: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", "http://127.0.0.1:9/{repo_id}/resolve/{revision}/{filename}")
    with pytest.raises(WeightFileError, match=r"Connect|cannot be reached"):
        fetch(record(SOURCE))


def test_the_hubs_name_is_not_found(served: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", "http://hub.invalid/{repo_id}/resolve/{revision}/{filename}")
    with pytest.raises(WeightFileError, match=r"the Hub cannot be reached .*Name or service not known.* is this machine online\?"):
        fetch(record(SOURCE))


# The disk


def test_a_cache_that_cannot_be_made(served: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "file" / "hub"))
    with pytest.raises(WeightFileError, match=r"NotADirectory|FileExists"):
        fetch(record(SOURCE))


def test_a_read_only_cache(served: HubServer, disk: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(disk("size=4m")))
    fetch(record(SOURCE))
    disk("ro")
    assert fetch(record(SOURCE)).read_bytes() == DATA
    served.commit(REPO, {"other.h5": b"other"})
    with pytest.raises(WeightFileError, match="Read-only .*; HF_HOME names another folder"):
        fetch(record(f"hf://{REPO}/other.h5", data=b"other"))


def test_a_read_only_cache_serves_what_it_has(
    hub: HubServer, tmp_path: Path, disk: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the repository has a newer commit, for which there is no room."""
    sets = [write_weight_set(tmp_path / str(seed), seed) for seed in (0, 1)]
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(disk("size=4m")))
    hub.commit(REPO, files_of(tmp_path / "0"))
    fetch(resolve(REPO))
    disk("ro")
    hub.commit(REPO, files_of(tmp_path / "1"))
    assert resolve(REPO).sha256 == sets[0].sha256
    assert fetch(resolve(REPO)).stat().st_size == sets[0].bytes


@pytest.mark.parametrize(
    "damage", [lambda data: b"", lambda data: data[:-9], lambda data: data.replace(b"birealnet", b"quicknets")]
)
def test_a_damaged_configuration_in_the_cache_is_downloaded_anew(
    hub: HubServer, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    write_weight_set(tmp_path / "0", 0)
    hub.commit(REPO, files_of(tmp_path / "0"))
    expected = resolve(REPO)
    (config,) = Path(constants.HF_HUB_CACHE).rglob("snapshots/*/config.json")
    config.resolve().write_bytes(damage(config.read_bytes()))
    assert resolve(REPO) == expected


def test_a_folder_may_be_called_as_the_caches_own(hub: HubServer, tmp_path: Path) -> None:
    write_weight_set(tmp_path / "0", 0)
    commit = hub.commit(REPO, {f"snapshots/{'b' * 40}/{name}": data for name, data in files_of(tmp_path / "0").items()})
    weights = resolve(f"hf://{REPO}/snapshots/{'b' * 40}")
    assert weights.sources == (f"hf://{REPO}@{commit}/snapshots/{'b' * 40}/model.safetensors",)


@pytest.mark.filterwarnings("ignore:Not enough free disk space")
def test_a_disk_that_is_full(served: HubServer, disk: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    folder = disk("size=256k")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
    with pytest.raises(WeightFileError, match="No space left"):
        fetch(record(SOURCE))
    assert left_behind() == []
    disk("size=4m")
    assert fetch(record(SOURCE)).read_bytes() == DATA


# Processes, which read the client's settings from the environment


def test_a_killed_download_and_a_second_try(hub_server: HubServer, tmp_path: Path) -> None:
    hub_server.commit(REPO, {PATH: DATA})
    hub_server.fault(REPO, PATH, "slow", times=1, rate=100_000)
    process = start(FETCH, SOURCE, str(record().sha256))
    wait_for(lambda: ("GET", PATH) in [(method, path.rpartition("/")[2]) for method, path in hub_server.requests])
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert Path(printed_by(FETCH, SOURCE, str(record().sha256))).read_bytes() == DATA


def test_eight_processes_download_once(hub_server: HubServer) -> None:
    hub_server.commit(REPO, {PATH: DATA})
    hub_server.fault(REPO, PATH, "slow", rate=200_000)
    processes = [start(FETCH, SOURCE, str(record().sha256)) for _ in range(8)]
    for process in processes:
        out, errors = process.communicate(timeout=100)
        assert process.returncode == 0, errors
        assert Path(out.strip()).read_bytes() == DATA
        assert "%|" not in errors, "no progress in a pipe"
    assert hits(hub_server) == 1


RESOLVE_AND_FETCH = """
import sys
from bnn_zoo.hub import WeightsError, fetch, resolve
try:
    print(fetch(resolve(sys.argv[1])))
except WeightsError as error:
    print("refused:", error)
assert "tensorflow" not in sys.modules
"""


def test_offline_mode_uses_the_cache(hub_server: HubServer, tmp_path: Path) -> None:
    weights = write_weight_set(tmp_path / "set")
    hub_server.commit(REPO, files_of(tmp_path / "set"))
    refused = printed_by(RESOLVE_AND_FETCH, REPO, HF_HUB_OFFLINE="1")
    assert "not in the cache" in refused and "offline" in refused
    assert hub_server.requests == []
    path = printed_by(RESOLVE_AND_FETCH, REPO)
    hub_server.forget_requests()
    assert printed_by(RESOLVE_AND_FETCH, REPO, HF_HUB_OFFLINE="1") == path
    assert printed_by(RESOLVE_AND_FETCH, f"hf://{REPO}", HF_HUB_OFFLINE="1") == path
    assert hub_server.requests == []
    assert Path(path).stat().st_size == weights.bytes


def test_gated_and_private(hub_server: HubServer, tmp_path: Path) -> None:
    write_weight_set(tmp_path / "set")
    for repo, options in {"you/gated": {"gated": True}, "you/private": {"private": True}}.items():
        hub_server.add_repo(repo, **options)
        hub_server.commit(repo, files_of(tmp_path / "set"))
    word = {"you/gated": "gated", "you/private": "private"}
    for repo in word:
        for token in ("", "hf_test"):
            refused = printed_by(RESOLVE_AND_FETCH, repo, HF_TOKEN=token)
            assert word[repo] in refused and "hf auth login" in refused
        assert printed_by(RESOLVE_AND_FETCH, repo, HF_TOKEN="hf_other").endswith("model.safetensors")


# Repositories


def test_a_pinned_old_revision(hub: HubServer, tmp_path: Path) -> None:
    sets = [write_weight_set(tmp_path / str(seed), seed) for seed in (0, 1)]
    old = hub.commit(REPO, files_of(tmp_path / "0"))
    hub.tag(REPO, "v1")
    new = hub.commit(REPO, files_of(tmp_path / "1"))
    branch = hub.commit(REPO, files_of(tmp_path / "0"), branch="feature/one")
    for reference, commit, expected in [
        (REPO, new, sets[1]),
        (f"{REPO}@{old}", old, sets[0]),
        (f"{REPO}@v1", old, sets[0]),
        (f"hf://{REPO}@v1/model.safetensors", old, sets[0]),
        (f"{REPO}@feature%2Fone", branch, sets[0]),
    ]:
        weights = resolve(reference)
        assert weights.sha256 == expected.sha256
        assert weights.sources == (f"hf://{REPO}@{commit}/model.safetensors",)
        assert fetch(weights).stat().st_size == expected.bytes
    with pytest.raises(WeightFileError, match="no such revision"):
        resolve(f"{REPO}@v2")
    with pytest.raises(WeightFileError, match="no such file"):
        resolve(f"hf://{REPO}/elsewhere")


def test_a_push_between_configuration_and_weights_does_no_harm(hub: HubServer, tmp_path: Path) -> None:
    sets = [write_weight_set(tmp_path / str(seed), seed) for seed in (0, 1)]
    hub.commit(REPO, files_of(tmp_path / "0"))
    weights = resolve(REPO)
    hub.commit(REPO, files_of(tmp_path / "1"))
    assert fetch(weights).stat().st_size == sets[0].bytes
    assert weights.sha256 == sets[0].sha256


def test_hostile_names_in_a_repository_are_never_written(hub: HubServer, tmp_path: Path) -> None:
    write_weight_set(tmp_path / "set")
    hub.commit(REPO, files_of(tmp_path / "set"))
    hub.listing_override(REPO, ["../escaped", "/absolute/escaped", "model.safetensors", "a/../../escaped", "config.json"])
    before = {path for path in tmp_path.rglob("*") if "hf_home" not in path.parts}
    fetch(resolve(REPO))
    assert {path for path in tmp_path.rglob("*") if "hf_home" not in path.parts} == before
    assert not any("escaped" in name for _, _, names in os.walk(constants.HF_HUB_CACHE) for name in names)


@pytest.mark.parametrize("path", ["../config.json", "/etc/passwd", "a/../../b", "a//b", ".", "..", "a\\..\\b", "a\0b"])
def test_hostile_sources_are_refused_unasked(hub: HubServer, path: str) -> None:
    with pytest.raises(WeightFileError, match="expected hf://"):
        fetch(record(f"hf://{REPO}/{path}"))
    assert hub.requests == []


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (b"{}", "no configuration of bnn_zoo"),
        (b"{", "JSON"),
        (b"\xff\xfe", "JSON"),
        (b'{"config_version": 1, "architecture": "birealnet", "sha256": "../../x"}', "sha256"),
        (b'{"config_version": 2}', "newer"),
        (b"[" * 100_000, "JSON"),
    ],
)
def test_a_repository_of_something_else(hub: HubServer, config: bytes, message: str) -> None:
    hub.commit(REPO, {"config.json": config})
    with pytest.raises(WeightFileError, match=message):
        resolve(REPO)


@pytest.mark.parametrize("kind", [OSError, ValueError, ConnectionError])
def test_a_signed_address_is_not_told_where_a_configuration_is_downloaded(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    """`resolve` downloads it by itself, before there is a list of sources."""
    hub.commit("me/signed", {"config.json": b"{}"})

    def broken(*_: object, **__: object) -> None:
        raise kind("Client Error for url: https://me:secret@cdn.example/config.json?Signature=secret&Key-Pair-Id=secret")

    monkeypatch.setattr("bnn_zoo.hub.sources.hugging_face._download", broken)
    with pytest.raises(WeightFileError, match=r"https://cdn\.example/config\.json") as caught:
        resolve("me/signed")
    assert "secret" not in str(caught.value)
