"""`hub`: weight files, here and elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from bnn_zoo.cli.terminal import console

app = typer.Typer(help="Weight files: what they are, fetch, verify, clear, publish.", no_args_is_help=True)

_Reference = Annotated[
    str, typer.Argument(metavar="REF", help="name.tag, a folder or file, or a Hub repository USER/REPO[@REVISION].")
]


@app.command()
def info(reference: _Reference) -> None:
    """Tell what is recorded of a weight set, and whether it is on this machine."""
    from bnn_zoo.hub import resolve
    from bnn_zoo.hub.cache import is_cached

    weights = resolve(reference)
    table = Table(box=None, show_header=False)
    rows = [
        ("weights", weights.name),
        ("size", f"{weights.bytes:,} bytes" if weights.bytes else "not recorded"),
        ("format", weights.format),
        ("sha256", weights.sha256 or "not recorded"),
        ("licence", weights.license or "not recorded"),
        ("here", "yes" if is_cached(weights) else "no"),
        *(("from", source) for source in weights.sources),
        *((metric.name, f"{metric.value:.2f} %, {metric.dataset}, {metric.measured_by}") for metric in weights.metrics),
    ]
    for row in rows:
        table.add_row(*row)
    console.print(table)


@app.command()
def download(references: Annotated[list[str], typer.Argument(metavar="REF...", help="What to fetch; see `hub info`.")]) -> None:
    """Fetch and verify weight files, so that they can be used offline."""
    from bnn_zoo.hub import fetch, resolve

    for reference in references:
        print(fetch(resolve(reference)))


@app.command()
def verify() -> None:
    """Hash every file in the cache anew. Exit code 1 if one is not what its name says."""
    from bnn_zoo.hub.cache import verify_cache

    checked = verify_cache()
    for path, sound in checked:
        console.print(
            f"{'ok     ' if sound else 'DAMAGED'} {path}", style=None if sound else "red", highlight=False, soft_wrap=True
        )
    console.print(f"{len(checked)} files, {sum(not sound for _, sound in checked)} damaged", highlight=False)
    if not all(sound for _, sound in checked):
        raise typer.Exit(1)


@app.command()
def clear() -> None:
    """Remove all files that were downloaded over https from the cache. (Those of the Hub: `hf cache rm`.)"""
    from bnn_zoo.hub.cache import clear_cache

    console.print(f"{clear_cache() / 1e6:.1f} MB freed", highlight=False)


@app.command()
def push(
    folder: Annotated[Path, typer.Argument(help="A weight set's folder.")],
    repository: Annotated[str, typer.Argument(help="USER/REPO on the Hugging Face Hub; made if it is not there.")],
    private: Annotated[bool, typer.Option("--private", help="Make it private.")] = False,
) -> None:
    """Publish a weight set on the Hugging Face Hub."""
    from bnn_zoo.hub.publish import push_to_hub

    print(push_to_hub(folder, repository, private=private))
