"""`demo` and `predict`: what is in pictures."""

from __future__ import annotations

import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.table import Table

from bnn_zoo.cli.terminal import console, load_tensorflow, show_warnings

_DEFAULT = "birealnet.cifar10"


def predict(
    pictures: Annotated[list[Path], typer.Argument(metavar="PICTURE...", help="Picture files, or folders of them.")],
    model: Annotated[str, typer.Option(help="A weight set as name.tag, a folder, or a Hub repository USER/REPO.")] = _DEFAULT,
    top: Annotated[int, typer.Option(min=1, help="How many classes to show for each picture.")] = 3,
    backend: Annotated[
        Literal["keras", "openvino", "lce"], typer.Option(help="What runs the network; openvino is fastest on x86.")
    ] = "keras",
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Name what is in pictures of any size and format. A file that is no picture is named, and the rest goes on."""
    from bnn_zoo.data.images import find_images

    files = find_images(pictures)
    if not files:
        raise ValueError(f"no pictures in {', '.join(map(str, pictures))}.")
    load_tensorflow()
    show_warnings()
    from bnn_zoo.deploy import Failure, compile, predict_pictures
    from bnn_zoo.hub import load_pretrained
    from bnn_zoo.inference import decode_predictions, preprocess

    network = load_pretrained(model)
    failed = False
    rows = []
    for outcome in predict_pictures(compile(network, backend), files, partial(preprocess, model=network)):
        if isinstance(outcome, Failure):
            failed = True
            print(f"bnn-zoo: {outcome.message}", file=sys.stderr)
        else:
            rows.append((outcome.path, decode_predictions(outcome.output, network, top)[0]))
    if as_json:
        found = [
            {"picture": str(path), "predictions": [{"class": name, "probability": value} for name, value in classes]}
            for path, classes in rows
        ]
        print(json.dumps(found, indent=2))
    elif rows:
        table = Table(box=None, header_style="bold", pad_edge=False)
        table.add_column("picture", overflow="fold")
        for place in range(len(rows[0][1])):
            table.add_column(f"{place + 1}.")
        for path, classes in rows:
            table.add_row(str(path), *(f"{name} {100 * value:.1f} %" for name, value in classes))
        console.print(table)
    if failed:
        raise typer.Exit(1)


def demo() -> None:
    """Name what is in the ten pictures that come with the package, with the weights that come with it. No network needed."""
    from bnn_zoo.data.samples import sample_pictures

    console.print("loading TensorFlow ...", style="dim")
    load_tensorflow()
    from bnn_zoo.compare.figures import count
    from bnn_zoo.deploy import Failure, compile, predict_pictures
    from bnn_zoo.hub import load_pretrained
    from bnn_zoo.inference import decode_predictions, preprocess

    start = time.perf_counter()
    network = load_pretrained(_DEFAULT)
    loaded = time.perf_counter()
    truth = dict(sample_pictures())
    outcomes = list(predict_pictures(compile(network, "keras"), truth, partial(preprocess, model=network)))
    done = time.perf_counter()
    table = Table("picture", "true class", "predicted", box=None, header_style="bold")
    table.add_column("confidence", justify="right")
    right = 0
    for outcome in outcomes:
        if isinstance(outcome, Failure):
            raise OSError(f"{outcome.message}; the installation is not complete: install bnn_zoo again.")
        ((name, probability),), true_class = decode_predictions(outcome.output, network, top=1)[0], truth[outcome.path]
        right += name == true_class
        table.add_row(
            outcome.path.name,
            true_class,
            f"[{'green' if name == true_class else 'red'}]{name}[/]",
            f"{100 * probability:.1f} %",
        )
    console.print(table)
    figures = count(network)
    console.print(
        f"\n{_DEFAULT}: {right} of {len(truth)} right. A binarized network of {figures.parameters:,} parameters: "
        f"{figures.size_mib:.2f} MiB, in float32 it would be {figures.float_size_mib:.2f} MiB.\n"
        f"Built and loaded in {loaded - start:.1f} s, {len(truth)} pictures in {done - loaded:.1f} s (the first ones slower).\n"
        "The pictures are the first of each class of CIFAR-10's test set, which the network was not trained on.",
        highlight=False,
    )
