"""`hub`: weight files, here and elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from bnn_zoo._places import check_folder_place
from bnn_zoo._startup import load_tensorflow
from bnn_zoo._user_path import user_path
from bnn_zoo.cli.catalog import json_of, prepared
from bnn_zoo.cli.help import Command, Commands
from bnn_zoo.cli.terminal import console, show_fields

app = typer.Typer(cls=Commands, help="Weight files: what they are, fetch, verify, clear, publish.", no_args_is_help=True)

_Reference = Annotated[
    str, typer.Argument(metavar="REF", help="name.tag, a folder or file, or a Hub repository USER/REPO[@REVISION].")
]


@app.command(cls=Command)
def info(reference: _Reference, as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False) -> None:
    """Tell what is recorded of a weight set, and whether it is on this machine."""
    from bnn_zoo.download.addresses import without_secrets
    from bnn_zoo.hub import resolve
    from bnn_zoo.hub.cache import is_cached

    weights = resolve(reference)
    if as_json:
        print(json.dumps({"name": weights.name, **json_of(weights), "here": is_cached(weights)}, indent=2))
        return
    rows = [
        ("weights", weights.name),
        ("size", f"{weights.bytes:,} bytes" if weights.bytes else "not recorded"),
        ("format", weights.format),
        ("sha256", weights.sha256 or "not recorded"),
        ("licence", weights.license or "not recorded"),
        *[("pictures", text) for text in [prepared(weights)] if text],
        ("here", "yes" if is_cached(weights) else "no"),
        *(("from", without_secrets(source)) for source in weights.sources),
        *((metric.name, f"{metric.value:.2f} %, {metric.dataset}, {metric.measured_by}") for metric in weights.metrics),
    ]
    show_fields(rows)


@app.command(cls=Command)
def download(references: Annotated[list[str], typer.Argument(metavar="REF", help="What to fetch; see `hub info`.")]) -> None:
    """Fetch and verify weight files, so that they can be used offline."""
    from bnn_zoo.hub import fetch, resolve

    for reference in references:
        print(fetch(resolve(reference)))


@app.command(cls=Command)
def verify() -> None:
    """Hash every file in the cache anew. Exit code 1 if one is not what its name says."""
    from bnn_zoo.hub.cache import verify_cache

    checked = verify_cache()
    for path, sound in checked:
        line = Text(f"{'ok     ' if sound else 'DAMAGED'} {path}", style="" if sound else "red")
        console.print(line, highlight=False, soft_wrap=True)
    console.print(f"{len(checked)} files, {sum(not sound for _, sound in checked)} damaged", highlight=False)
    if not all(sound for _, sound in checked):
        raise typer.Exit(1)


@app.command(cls=Command)
def clear() -> None:
    """Remove all weight files that were downloaded over https from the cache. (Those of the Hub: `hf cache rm`.)

    Data sets stay, in the cache's folder datasets.
    """
    from bnn_zoo.hub.cache import clear_cache

    console.print(f"{clear_cache() / 1e6:.1f} MB freed", highlight=False)


@app.command(cls=Command)
def push(
    folder: Annotated[Path, typer.Argument(help="A weight set's folder.")],
    repository: Annotated[str, typer.Argument(help="USER/REPO on the Hugging Face Hub; made if it is not there.")],
    private: Annotated[bool, typer.Option("--private", help="Make it private.")] = False,
) -> None:
    """Publish a weight set on the Hugging Face Hub."""
    from bnn_zoo.hub.publish import push_to_hub

    print(push_to_hub(folder, repository, private=private))


@app.command(cls=Command)
def convert(
    checkpoint: Annotated[Path, typer.Argument(help="A PyTorch checkpoint of the network's authors: .pth, .pt, .pth.tar, ...")],
    architecture: Annotated[str, typer.Option("--architecture", help="The network's name, as `bnn-zoo list` shows it.")],
    out: Annotated[Path, typer.Option("--out", file_okay=False, help="The weight set's folder; made if it is not there.")],
    input_size: Annotated[
        int | None, typer.Option("--input-size", "--size", min=1, help="Of its pictures, pixels: 32 for CIFAR-10.")
    ] = None,
    tag: Annotated[str | None, typer.Option("--tag", help="Name of the weight set, as in NETWORK.imagenet.")] = None,
    labels: Annotated[str | None, typer.Option("--labels", help="Names of its classes: imagenet, or cifar10.")] = None,
    dataset: Annotated[str | None, typer.Option("--dataset", help="What it was trained on, in words.")] = None,
    license: Annotated[str | None, typer.Option("--license", help="SPDX identifier of the weights' licence.")] = None,
) -> None:
    """Turn a PyTorch checkpoint into a packed weight set. Nothing in the file is run."""
    from bnn_zoo.hub.convert import check_conversion, convert_checkpoint

    check_conversion(checkpoint, architecture)
    check_folder_place(user_path(out))
    load_tensorflow()
    given = {"tag": tag, "labels": labels, "dataset": dataset, "license": license}
    options = {name: value for name, value in given.items() if value is not None}
    done = convert_checkpoint(checkpoint, architecture, out, input_size=input_size, **options)
    for name in done.unused:
        print(f"not used: {name}")
    console.print(f"{done.used} tensors used, {len(done.unused)} not", highlight=False)
    print(done.folder)
