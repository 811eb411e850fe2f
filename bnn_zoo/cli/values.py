"""What options hold that typer has no type for."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def pictures_of(size: int | None) -> tuple[int, int, int] | None:
    """What --input-size was given, as an input shape."""
    return None if size is None else (size, size, 3)


def pairs(settings: list[str]) -> dict[str, str]:
    """What --set was given, as a mapping."""
    found = {}
    for setting in settings:
        name, separator, value = setting.partition("=")
        if not separator:
            raise ValueError(f"--set {setting}: expected FIELD=VALUE, as in epochs=10.")
        found[name] = value
    return found


@contextmanager
def says_how_to_set() -> Iterator[None]:
    """For work by a recipe: an error that begins with one of its fields, as `held_out is 400`, is told with the option for it.

    So is one that begins with a stage's, as `epochs of stage 'first' is 0`.
    """
    try:
        yield
    except ValueError as error:
        from bnn_zoo.training.recipe import Recipe
        from bnn_zoo.training.stage import Stage

        named = re.match(r"(\w+)(?: of stage '(\w+)')? is ", str(error))
        kinds = (Recipe, Stage) if named and named[2] else (Recipe,)
        fields = {field.name for kind in kinds for field in dataclasses.fields(kind)} - {"source"}  # as errors call the data
        if named is None or named[1] not in fields:
            raise
        option = f"{named[2]}.{named[1]}" if named[2] else named[1]
        raise ValueError(f"{error} It is set with --set {option}=...") from error


def json_pairs(settings: list[str]) -> dict[str, Any]:
    """The same with values in JSON."""
    found = {}
    for name, value in pairs(settings).items():
        try:
            found[name] = json.loads(value)
        except ValueError as error:
            raise ValueError(f"--set {name}={value}: the value must be JSON, as in filters=32 or section_blocks=[2,2].") from error
    return found


def expanded(names: list[str]) -> list[str]:
    """Names with those that wildcards stand for, each once."""
    from bnn_zoo.zoo import expand_names

    return list(dict.fromkeys(found for name in names for found in expand_names(name)))


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
