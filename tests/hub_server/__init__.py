"""Real HTTP servers on the loopback interface: a Hub-compatible one and a plain file server, both with faults."""

from __future__ import annotations

from .faults import FAULT_KINDS
from .files import FileServer
from .server import HubServer

__all__ = ["FAULT_KINDS", "FileServer", "HubServer"]
