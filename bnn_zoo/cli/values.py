"""What options hold that typer has no type for."""

from __future__ import annotations

import json
from typing import Any


def pairs(settings: list[str]) -> dict[str, str]:
    """What --set was given, as a mapping."""
    found = {}
    for setting in settings:
        name, separator, value = setting.partition("=")
        if not separator:
            raise ValueError(f"--set {setting}: expected FIELD=VALUE, as in epochs=10.")
        found[name] = value
    return found


def json_pairs(settings: list[str]) -> dict[str, Any]:
    """The same with values in JSON."""
    found = {}
    for name, value in pairs(settings).items():
        try:
            found[name] = json.loads(value)
        except ValueError as error:
            raise ValueError(f"--set {name}={value}: the value must be JSON, as in filters=32 or section_blocks=[2,2].") from error
    return found


def parts(text: str) -> list[str]:
    """What stands between commas; people set spaces behind them."""
    return [part.strip() for part in text.split(",")]


def counts(option: str, text: str) -> list[int]:
    """Whole numbers above 0 with commas between them."""
    try:
        found = [int(part) for part in parts(text)]
    except ValueError as error:
        raise ValueError(f"{option} {text}: expected whole numbers with commas between them, as in 1,2.") from error
    if min(found) < 1:
        raise ValueError(f"{option} {text}: the numbers must be at least 1.")
    return found
