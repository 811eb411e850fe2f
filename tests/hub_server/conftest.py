"""Gives this folder's tests the fixtures, also where no conftest above loads them as a plugin."""

from __future__ import annotations

from .fixtures import file_server, hub_server

__all__ = ["file_server", "hub_server"]
