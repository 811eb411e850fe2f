"""Fixtures of more than one folder; loaded first, so that the Hub's client never sees the user's own settings."""

from __future__ import annotations

pytest_plugins = ["hub_server.fixtures"]
