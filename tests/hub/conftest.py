"""Fixtures of this folder: short pauses, caches of each test's own, a small disk, a small network, the Hub for this process."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hub_server import HubServer

from bnn_zoo.download.retry import PAUSES
from bnn_zoo.hub import registry


@pytest.fixture(autouse=True)
def quick_and_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Retries wait next to nothing, downloads go to the test's folder, and no registry of the user's is seen."""
    monkeypatch.setenv(PAUSES, "0.01,0.02,0.03")
    monkeypatch.setenv("BNN_ZOO_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("BNN_ZOO_REGISTRY", raising=False)
    yield
    registry._everything.cache_clear()


@pytest.fixture(scope="module")
def network() -> Any:
    """A small network for a file's tests."""
    from small_network import small_network  # loads TensorFlow, which most of this folder's tests do without

    return small_network()


@pytest.fixture
def hub(hub_server: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HubServer:
    """The Hub, with this process's client pointed at it: settings that it read at its import, and nothing else, are set anew."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", hub_server.endpoint)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", hub_server.endpoint + "/{repo_id}/resolve/{revision}/{filename}")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hf_home" / "hub"))
    return hub_server


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a small disk with the options given, or mounts it anew; only where mounting is allowed."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = False

    def mount(options: str) -> Path:
        nonlocal mounted
        options = f"remount,{options}" if mounted else options
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
        mounted = True
        return folder

    if not hasattr(os, "geteuid") or os.geteuid():
        pytest.skip("mounting a disk needs root")
    yield mount
    if mounted:
        subprocess.run(["umount", folder], check=True)
