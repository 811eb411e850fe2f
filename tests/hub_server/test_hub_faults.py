"""Faults of the Hub of this folder, as the real client meets them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fresh_process import printed_by
from huggingface_hub import constants
from huggingface_hub.errors import GatedRepoError

from .content import REPO, WEIGHTS
from .server import HubServer


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
