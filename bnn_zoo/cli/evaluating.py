"""`evaluate`: a network scored on labelled pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from bnn_zoo._places import check_file_place
from bnn_zoo._startup import load_tensorflow
from bnn_zoo._user_path import user_path
from bnn_zoo.cli.terminal import console, errors


def evaluate(
    model: Annotated[str, typer.Argument(help="A weight set as name.tag, a folder, or a Hub repository USER/REPO.")],
    data: Annotated[str, typer.Option(help='A folder or .zip of pictures by class; "cifar10" (downloaded), "tfds:NAME".')],
    split: Annotated[str | None, typer.Option(help='Which split; if not given "test", or one that begins with "val".')] = None,
    batch_size: Annotated[int, typer.Option("--batch-size", "--batch", min=1, help="Pictures a step.")] = 100,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Skip and name pictures that cannot be read.")] = False,
    record: Annotated[
        str | None, typer.Option(metavar="DATASET", help="Write the result into the folder's config and card, under this name.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Score a network on labelled pictures."""
    if record is not None:
        _check_record(record, model)
    from bnn_zoo.data.datasets import check_source
    from bnn_zoo.hub import load_pretrained, resolve

    weights = resolve(model)
    split = check_source(data, split, scoring=True)
    load_tensorflow()
    from rich.progress import Progress

    from bnn_zoo.data.streamed_dataset import OnBad
    from bnn_zoo.evaluation import evaluate as score

    network = load_pretrained(weights)
    bar = Progress(console=errors, disable=not errors.is_terminal, transient=True)
    task = bar.add_task("pictures", total=None)

    def show(done: int, total: int) -> None:
        bar.start()  # not before: what prepares the data may have bars of its own
        bar.update(task, completed=done, total=total)

    try:
        on_bad: OnBad = "skip" if skip_bad else "stop"
        result = score(network, data, split=split, batch_size=batch_size, on_bad=on_bad, progress=show)
    finally:
        bar.stop()
    for name in result.skipped:
        errors.print(f"bnn-zoo: skipped {name}", highlight=False, markup=False, soft_wrap=True)
    if as_json:
        print(json.dumps(vars(result), indent=2))
    else:
        rate = result.pictures / result.seconds
        console.print(f"top-1 {result.top1:.2f} %, top-5 {result.top5:.2f} %", style="bold", highlight=False)
        console.print(f"{result.pictures} pictures, {rate:.0f} a second", highlight=False)
    if record is not None:  # what was measured is shown by now, should this fail
        _record(user_path(model), result, record, weights.sha256)


def _check_record(dataset: str, model: str) -> None:
    if not dataset.strip() or dataset.splitlines() != [dataset]:
        raise ValueError(f"--record {dataset!r}: expected what the data set is called, in one line.")
    folder = user_path(model)
    if not folder.is_dir():
        raise ValueError(f"--record writes into a weight set's folder; {model} is none.")
    check_file_place(folder / "config.json")


def _record(folder: Path, result: Any, dataset: str, sha256: str | None) -> None:
    from bnn_zoo import __version__
    from bnn_zoo.hub.folder import record_metrics
    from bnn_zoo.hub.weight_set import Metric

    by = f"bnn-zoo evaluate {__version__}, {result.pictures} pictures"
    measured = (("top-1", result.top1), ("top-5", result.top5))
    record_metrics(folder, [Metric(name, round(value, 2), dataset, by) for name, value in measured], sha256)
