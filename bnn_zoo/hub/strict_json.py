"""JSON as its standard has it: no key twice, no NaN, and no number that only becomes infinite."""

from __future__ import annotations

import json
import math
from typing import Any


def loads(text: str | bytes) -> Any:
    """What a JSON text holds.

    Args:
        text: the text, or its UTF-8.

    Raises:
        ValueError: if it is no JSON, names a key of an object twice, has a number beyond those of float64, is nested too
            deeply, or is no UTF-8.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_no_constant, parse_float=_finite)
    except (RecursionError, MemoryError) as error:
        raise ValueError(str(error) or type(error).__name__) from error


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} comes twice")
        found[key] = value
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text:.50} is too large")
    return number
