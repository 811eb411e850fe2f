"""What the tests of the servers commit and ask for."""

from __future__ import annotations

from pathlib import Path

REPO = "me/my-bnn"
WEIGHTS = bytes(range(256)) * 1000
CARD = b"---\nlicense: mit\nlibrary_name: bnn_zoo\n---\n# A network\n"


def write_folder(folder: Path) -> dict[str, bytes]:
    content = {"README.md": CARD, "config.json": b"{}", "model.safetensors": WEIGHTS, "sub/läbels.txt": b"cat\n"}
    for name, data in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return content
