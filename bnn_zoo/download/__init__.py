"""Files from other machines: one at a time, whole, and only if the hash is right.

Below hub and data, which both need it. Nothing here knows what is in a file; all that goes wrong is a `DownloadError`.
"""

from __future__ import annotations
