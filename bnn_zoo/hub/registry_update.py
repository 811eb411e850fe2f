"""Writes the packaged weight sets into the registry: `python -m bnn_zoo.hub.registry_update`, after one was added or changed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from bnn_zoo._whole_file import write_text_whole
from bnn_zoo.hub.errors import WeightFileError
from bnn_zoo.hub.fetch import fetch
from bnn_zoo.hub.folder import CONFIG, TENSORS, read_config
from bnn_zoo.hub.sources.package import packaged_weights
from bnn_zoo.hub.weight_set import to_json


def registry_entry(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """The registry's entry for a packaged weight set, its file verified.

    Args:
        folder: of the weight set, in the folder of packaged weights.

    Returns:
        JSON values.

    Raises:
        WeightFileError: if the folder is no whole weight set, or has no tag.
    """
    path = Path(folder)
    weights = read_config(path)
    if weights.architecture is None or weights.tag is None or weights.sha256 is None:
        raise WeightFileError(f"{path / CONFIG}: a packaged weight set needs an architecture, a tag and a sha256.")
    size = fetch(weights).stat().st_size
    values = to_json(weights)
    del values["config_version"]
    return {**values, "sources": [f"package:{path.name}/{TENSORS}"], "bytes": size}


def update_registry(folder: str | os.PathLike[str] | None = None) -> list[str]:
    """Replaces the entries of packaged weight sets in registry.json by those of the folders that are there.

    Args:
        folder: of packaged weights, the registry in it; the package's own if not given.

    Returns:
        The names of the packaged weight sets.

    Raises:
        WeightFileError: if one of the folders is no whole weight set; the registry is then as it was.
    """
    root = packaged_weights() if folder is None else Path(folder)
    packaged = [registry_entry(config.parent) for config in sorted(root.glob(f"*/{CONFIG}"))]
    path = root / "registry.json"
    registry = json.loads(path.read_text(encoding="utf-8"))
    others = [entry for entry in registry["weight_sets"] if not _is_packaged(entry)]
    registry["weight_sets"] = [*others, *packaged]
    write_text_whole(path, json.dumps(registry, indent=1, ensure_ascii=False) + "\n")
    return [f"{entry['architecture']}.{entry['tag']}" for entry in packaged]


def _is_packaged(entry: dict[str, Any]) -> bool:
    return any(source.startswith("package:") for source in entry["sources"])


if __name__ == "__main__":
    print("packaged:", ", ".join(update_registry()) or "none")
