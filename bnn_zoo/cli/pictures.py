"""`demo` and `predict`: what is in pictures."""

from __future__ import annotations

import json
import os
import sys
import textwrap
import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.cells import cell_len
from rich.table import Table

from bnn_zoo._startup import load_tensorflow
from bnn_zoo._user_path import shown_path
from bnn_zoo.cli.terminal import console, errors, terminal_width

_DEFAULT = "birealnet.cifar10"


def predict(
    # What cannot be read is named by what reads it; typer would refuse all for it.
    pictures: Annotated[list[Path], typer.Argument(metavar="PICTURE", readable=False, help="Picture files, or folders of them.")],
    model: Annotated[str, typer.Option(help="A weight set as name.tag, a folder, or a Hub repository USER/REPO.")] = _DEFAULT,
    top: Annotated[int, typer.Option(min=1, help="How many classes to show for each picture.")] = 3,
    backend: Annotated[
        Literal["keras", "openvino", "lce"], typer.Option(help="What runs the network; openvino is fastest on x86.")
    ] = "keras",
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Name what is in pictures of any size and format. A file that is no picture is named, and the rest goes on."""
    from bnn_zoo.data.listing import find_images
    from bnn_zoo.deploy.backends import check_backend
    from bnn_zoo.hub import resolve

    files = find_images(pictures)
    if not files:
        raise ValueError(f"no pictures in {', '.join(map(str, pictures))}.")
    weights = resolve(model)
    check_backend(backend)
    if problems := _unreadable(files):
        print("\n".join(f"bnn-zoo: {problem}" for problem in problems), file=sys.stderr)
        raise typer.Exit(1)
    load_tensorflow()
    from bnn_zoo.data.labels import top_classes
    from bnn_zoo.data.preprocessing import apply_preprocessing
    from bnn_zoo.deploy import Failure, compile, predict_pictures
    from bnn_zoo.hub import load_pretrained
    from bnn_zoo.inference import labels_of, preprocessing_of

    network = load_pretrained(weights)
    prepare = partial(apply_preprocessing, preprocessing=preprocessing_of(network))
    labels, failures = labels_of(network), 0

    def answers() -> Iterator[tuple[Path, list[tuple[str, float]]]]:
        nonlocal failures
        for outcome in predict_pictures(compile(network, backend), files, prepare):
            if isinstance(outcome, Failure):
                failures += 1
                print(f"bnn-zoo: {outcome.message}", file=sys.stderr)
            else:
                yield outcome.path, top_classes(outcome.output, labels, top)[0]

    if as_json:
        _write_json(answers())
    else:
        _write_lines(answers(), width=max(cell_len(shown_path(path)) for path in files))
    if failures:
        raise typer.Exit(1)


def _unreadable(files: list[Path]) -> list[str]:
    """Why none of the pictures can be read; nothing if one can, for the others are then named in their place."""
    from bnn_zoo.data.images import ImageError, read_image

    problems = []
    for path in files:
        if os.path.exists(path) and not os.path.isfile(path):
            return []  # a pipe can be read only once
        try:
            read_image(path)
        except ImageError as error:
            problems.append(str(error))
        else:
            return []
    return problems


# Both write each answer when it is there: a folder of any size takes no memory, and a look at the terminal tells how far it is.
def _write_json(answers: Iterable[tuple[Path, list[tuple[str, float]]]]) -> None:
    before = "[\n"
    for path, classes in answers:
        entry = {"picture": str(path), "predictions": [{"class": name, "probability": value} for name, value in classes]}
        print(before + textwrap.indent(json.dumps(entry, indent=2), "  "), end="")
        before = ",\n"
    print("[]" if before == "[\n" else "\n]")


def _write_lines(answers: Iterable[tuple[Path, list[tuple[str, float]]]], width: int) -> None:
    room = terminal_width()
    for path, classes in answers:
        guesses = [f"{name} {100 * value:.1f} %" for name, value in classes]
        shown = shown_path(path)
        line = "  ".join([shown + " " * (width - cell_len(shown)), *guesses])
        print(line if room is None or cell_len(line) <= room else "\n  ".join([shown, *guesses]))


def demo() -> None:
    """Name what is in the ten pictures that come with the package, with the weights that come with it. No network needed."""
    from bnn_zoo.data.samples import sample_pictures

    if errors.is_terminal:
        errors.print("loading TensorFlow ...", style="dim", highlight=False)
    load_tensorflow()
    from bnn_zoo.comparison.figures import count
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
