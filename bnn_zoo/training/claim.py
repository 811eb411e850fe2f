"""What a folder's runs are made by, written down in it, so that no other run goes on where they stopped."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

from bnn_zoo._error_words import in_one_line
from bnn_zoo._whole_file import write_text_whole

#: Stands for a value that is not there, which null would not tell from one that is.
_MISSING = object()

#: Characters of a value in an error.
_SHOWN = 80


def claim_folder(path: Path, settings: Any, others: str, write: bool = True) -> None:
    """Claims a folder for runs of these settings, or sees that it is claimed for them.

    Args:
        path: the file in it that says so.
        settings: a dataclass or a mapping, of JSON values and further dataclasses. A dataclass's field that the file does not have,
            since it was written before there was such a field, counts as its default.
        others: what the folder holds if it is claimed for something else, in words.
        write: whether this machine writes; several may read the file at any time.

    Raises:
        ValueError: if the folder is claimed for other settings; the message has the first that differs.
        OSError: if the file cannot be read or written.
    """
    if path.exists():
        try:
            difference = _difference(read_claim(path), settings, "")
        except ValueError as error:
            difference = str(error)
        if difference is not None:
            raise ValueError(f"{path.parent} holds {others} ({path.name}: {difference}); choose an empty folder or remove it.")
    elif write:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text_whole(path, json.dumps(settings, indent=2, default=dataclasses.asdict))


def read_claim(path: Path) -> dict[str, Any]:
    """The settings that a folder is claimed for.

    Raises:
        ValueError: if the file is damaged.
        OSError: if it cannot be read.
    """
    try:
        found = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is damaged, {in_one_line(error, _SHOWN)}") from error
    if not isinstance(found, dict):
        raise ValueError(f"it is damaged, with {_shown(found)} where settings belong")
    return found


def _difference(there: Any, now: Any, name: str) -> str | None:
    """The first field, below the one of this name, that has another value now; None if there is none."""
    if dataclasses.is_dataclass(now) and isinstance(there, dict):
        there, now = {**_defaults(now), **there}, vars(now)
    if isinstance(now, Mapping) and isinstance(there, dict):
        inner = [
            (f"{name}.{key}" if name else key, there.get(key, _MISSING), now.get(key, _MISSING))
            for key in dict.fromkeys((*now, *there))
        ]
    elif isinstance(now, (list, tuple)) and isinstance(there, (list, tuple)):
        pairs = zip_longest(there, now, fillvalue=_MISSING)
        inner = [(f"{name}[{index}]", *pair) for index, pair in enumerate(pairs)]
    else:
        return None if there == now else f"{name} is {_shown(there)} in it and {_shown(now)} now"
    found = (_difference(old, new, part) for part, old, new in inner)
    return next((difference for difference in found if difference is not None), None)


def _defaults(settings: Any) -> dict[str, Any]:
    fields = dataclasses.fields(settings)
    made = {field.name: field.default_factory() for field in fields if field.default_factory is not dataclasses.MISSING}
    return made | {field.name: field.default for field in fields if field.default is not dataclasses.MISSING}


def _shown(value: Any) -> str:
    if value is _MISSING:
        return "missing"
    text = json.dumps(value, default=dataclasses.asdict)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
