"""Fixtures `hub_server` and `file_server`; tests/conftest.py loads them with `pytest_plugins`.

huggingface_hub reads HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, HF_HUB_OFFLINE, HF_HUB_DISABLE_XET and its time-outs once, at
import; only HF_TOKEN is read at each call. So there are two ways to use `hub_server`:

- A new process (`fresh_process.run_python`): inherits the variables that the fixture sets, and needs
  nothing more. The only way for HF_HUB_OFFLINE and for changed time-outs.
- This process: pass `endpoint=hub_server.endpoint` and `cache_dir=`, because what the client read at its import stays.
  ModelCard.validate has no such argument and always asks the endpoint that was read at import.

Importing this module sets HF_HUB_DISABLE_XET, and keeps this process's client away from the real Hub and from the
user's cache and token; it refuses to be imported after huggingface_hub.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .files import FileServer
from .server import HubServer

_HOME = tempfile.TemporaryDirectory(prefix="hub-client-")


def isolate_client() -> None:
    """Set the variables that the client reads at import so that it reaches nothing but the loopback interface.

    Raises:
        RuntimeError: the client is imported already, with whatever variables the user has.
    """
    if "huggingface_hub" in sys.modules:
        raise RuntimeError("huggingface_hub was imported before hub_server.fixtures: tests would reach the real Hub")
    os.environ["HF_HUB_DISABLE_XET"] = "1"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["HF_HOME"] = _HOME.name
    # The discard port: refused at once, so that a call without endpoint= fails instead of leaving the machine.
    os.environ["HF_ENDPOINT"] = "http://127.0.0.1:9"
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE"):
        os.environ.pop(name, None)


isolate_client()


@pytest.fixture
def hub_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A Hub where the token "hf_test" belongs to "me" and "hf_other" to "you"; see the module for its use."""
    with HubServer(tokens={"hf_test": "me", "hf_other": "you"}) as server:
        for name, value in server.client_environment(str(tmp_path / "hf_home")).items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def file_server() -> Iterator[FileServer]:
    """A plain file server with faults."""
    with FileServer() as server:
        yield server
