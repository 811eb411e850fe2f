"""What a folder's runs are made by, written down in it, so that no other run goes on where they stopped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bnn_zoo._whole_file import write_text_whole


def claim_folder(path: Path, settings: Mapping[str, Any], others: str, write: bool = True) -> None:
    """Claims a folder for runs of these settings, or sees that it is claimed for them.

    Args:
        path: the file in it that says so.
        settings: JSON values.
        others: what the folder holds if it is claimed for something else, in words.
        write: whether this machine writes; several may read the file at any time.

    Raises:
        ValueError: if the folder is claimed for other settings.
        OSError: if the file cannot be written.
    """
    text = json.dumps(settings, indent=2)
    if path.exists():
        if path.read_text(encoding="utf-8", errors="replace") != text:  # a damaged file need not be text
            raise ValueError(f"{path.parent} holds {others} ({path.name}); choose an empty folder or remove it.")
    elif write:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text_whole(path, text)
