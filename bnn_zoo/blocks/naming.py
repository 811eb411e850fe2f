"""Layer names: section, block and role, joined by underscores."""

from __future__ import annotations


def part(name: str | None, role: str) -> str | None:
    """The name of a layer inside a named block; None (Keras then counts) inside an unnamed one."""
    return f"{name}_{role}" if name else None
