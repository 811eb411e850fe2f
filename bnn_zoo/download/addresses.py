"""Addresses in messages, which end up in logs and reports: without what only their owner is to know."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?:[^/?#\s'\"]*@)?(?P<place>[^?#\s'\"]*)(?:\?[^#\s'\"]*)?")


def without_secrets(text: str) -> str:
    """A text with addresses in it, of which names, passwords and tokens are left out: `USER:PASSWORD@` and `?QUERY`."""
    return _ADDRESS.sub(r"\g<scheme>\g<place>", text)
