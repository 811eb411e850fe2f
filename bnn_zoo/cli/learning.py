"""`train` and `evaluate`."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Annotated, Any

import typer

from bnn_zoo.cli.terminal import console, errors, load_tensorflow, show_warnings


def evaluate(
    model: Annotated[str, typer.Argument(help="A weight set as name.tag, a folder, or a Hub repository USER/REPO.")],
    data: Annotated[Path, typer.Option(help="A folder or .zip of pictures by class, or CIFAR-10's binary version.")],
    split: Annotated[str | None, typer.Option(help='Which split; if not given "test", or one that begins with "val".')] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Pictures a step.")] = 100,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Skip and name pictures that cannot be read.")] = False,
    record: Annotated[
        str | None, typer.Option(metavar="DATASET", help="Write the result into the folder's config and card, under this name.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Score a network on labelled pictures."""
    load_tensorflow()
    show_warnings()
    from rich.progress import Progress

    from bnn_zoo.evaluation import evaluate as score
    from bnn_zoo.hub import load_pretrained

    network = load_pretrained(model)
    with Progress(console=errors, disable=not errors.is_terminal) as progress:
        task = progress.add_task("pictures", total=None)
        result = score(
            network,
            data,
            split=split,
            batch_size=batch_size,
            on_bad="skip" if skip_bad else "stop",
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    for name in result.skipped:
        errors.print(f"bnn-zoo: skipped {name}", highlight=False)
    if record is not None:
        _record(Path(model), result, record)
    if as_json:
        print(json.dumps(vars(result), indent=2))
    else:
        rate = result.pictures / result.seconds
        console.print(f"top-1 {result.top1:.2f} %, top-5 {result.top5:.2f} %", style="bold", highlight=False)
        console.print(f"{result.pictures} pictures, {rate:.0f} a second", highlight=False)


def train(
    network: Annotated[str, typer.Argument(help="Name of the network.")],
    data: Annotated[Path, typer.Option(help="A folder or .zip of pictures by class, or CIFAR-10's binary version.")],
    out: Annotated[Path, typer.Option(help="Folder for log, checkpoints and weights; a run in it that was stopped goes on.")],
    recipe: Annotated[str | None, typer.Option(help="Name of the recipe; NETWORK.cifar10 if not given.")] = None,
    start_from: Annotated[Path | None, typer.Option(help="A run's folder, from whose last weights to go on.")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help="Change a field of the recipe, as in epochs=10.")] = None,
    split: Annotated[str, typer.Option(help="Which split of the data to train on.")] = "train",
    dataset_name: Annotated[str | None, typer.Option(help="What the card calls the data; the file's name if not given.")] = None,
    license: Annotated[str | None, typer.Option(help="SPDX identifier of the weights' licence, for the card.")] = None,
) -> None:
    """Train a network on pictures by class as a recipe says."""
    from bnn_zoo.models import find_architecture
    from bnn_zoo.training.recipe import override
    from bnn_zoo.training.recipes import chain_of, find_recipe

    entry = find_architecture(network)
    chosen = override(find_recipe(recipe or f"{entry.name}.cifar10"), _pairs(settings or []))
    load_tensorflow()
    show_warnings()
    from bnn_zoo.data.datasets import load_dataset, split_names
    from bnn_zoo.hub import save_pretrained
    from bnn_zoo.hub.folder import RUN_CURVE, RUN_LOG
    from bnn_zoo.inference import preprocessing_of
    from bnn_zoo.training.curve import plot_log
    from bnn_zoo.training.loop import LAST
    from bnn_zoo.training.loop import train as run
    from bnn_zoo.zoo import create_model

    dataset = load_dataset(data, split if split in split_names(data) else None)
    _, height, width, channels = dataset.images.shape

    def build() -> Any:
        shape, classes = (height, width, channels), len(dataset.class_names)
        return create_model(entry.name, input_shape=shape, num_classes=classes, **chosen.arguments)

    preprocessing = preprocessing_of(build())
    run(build, chosen, dataset, preprocessing, out, start_from=None if start_from is None else start_from / LAST)
    # Built anew, so that what is saved computes in float32 whatever the recipe trained in.
    model = build()
    model.load_weights(str(out / LAST))
    (out / "model").mkdir(exist_ok=True)
    shutil.copyfile(out / "log.csv", out / "model" / RUN_LOG)
    try:
        plot_log(out / "log.csv", out / "model" / RUN_CURVE)
    except ImportError as error:
        errors.print(f"bnn-zoo: no curve: {error}", highlight=False, markup=False)
    save_pretrained(
        model,
        out / "model",
        tag=chosen.name.partition(".")[2].partition("-")[0] or None,
        preprocessing=preprocessing,
        labels=dataset.class_names,
        license=license,
        dataset=dataset_name or data.name,
        recipe={**dataclasses.asdict(chosen), "runs": chain_of(chosen)},
    )
    console.print(f"{out / 'model'}: the weight set. {out / 'log.csv'}: the log.", highlight=False)
    console.print(f"Score it with: bnn-zoo evaluate {out / 'model'} --data {data}", highlight=False)


def _record(folder: Path, result: Any, dataset: str) -> None:
    from bnn_zoo import __version__
    from bnn_zoo.hub.folder import record_metrics
    from bnn_zoo.hub.weight_set import Metric

    if not folder.is_dir():
        raise ValueError(f"--record writes into a weight set's folder; {folder} is none.")
    by = f"bnn-zoo evaluate {__version__}, {result.pictures} pictures"
    record_metrics(
        folder, [Metric(name, round(value, 2), dataset, by) for name, value in (("top-1", result.top1), ("top-5", result.top5))]
    )


def _pairs(settings: list[str]) -> dict[str, str]:
    pairs = {}
    for setting in settings:
        name, separator, value = setting.partition("=")
        if not separator:
            raise ValueError(f"--set {setting}: expected FIELD=VALUE, as in epochs=10.")
        pairs[name] = value
    return pairs
