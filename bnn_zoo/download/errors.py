"""What can go wrong with a download."""

from __future__ import annotations


class DownloadError(OSError):
    """A file that could not be had; the message says what the server, the network or the disk did."""
