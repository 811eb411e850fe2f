"""`train`, `recipes` and `train-bench`."""

from __future__ import annotations

import dataclasses
import json
import shlex
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import typer

from bnn_zoo._places import check_folder_place
from bnn_zoo._startup import load_tensorflow
from bnn_zoo._table import wrap
from bnn_zoo._user_path import user_path
from bnn_zoo.cli.measurements import AsJson, Format, chosen_form, show_rows
from bnn_zoo.cli.terminal import console, errors, stops_and_goes_on
from bnn_zoo.cli.values import counts, expanded, json_pairs, pairs, says_how_to_set
from bnn_zoo.training.choices import PrecisionChoice, StrategyName, XlaChoice

# What may be chosen is told in the help: beside the option's name a list would be cut in mid-word.
_Strategy = Annotated[
    StrategyName, typer.Option(metavar="NAME", help=f"On which devices or machines: {', '.join(get_args(StrategyName))}.")
]
_Precision = Annotated[
    PrecisionChoice,
    typer.Option(metavar="NAME", help=f"What to compute in: {', '.join(get_args(PrecisionChoice))}; auto measures."),
]


def train(
    network: Annotated[str, typer.Argument(help="Name of the network.")],
    data: Annotated[str, typer.Option(help='A folder or .zip of pictures by class; "cifar10" (downloaded), "tfds:NAME".')],
    out: Annotated[
        Path, typer.Option(file_okay=False, help="Folder for log, checkpoints and weights; a run in it that was stopped goes on.")
    ],
    recipe: Annotated[str | None, typer.Option(help="Name of the recipe; NETWORK.cifar10 if not given.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="Change a field of the recipe, as in epochs=10; of one of its stages, as in STAGE.epochs=10. A stage that has a "
            "value of its own keeps it unless it is named.",
        ),
    ] = None,
    split: Annotated[str | None, typer.Option(help='Which split of the data; if not given "train", where there is one.')] = None,
    size: Annotated[
        int | None, typer.Option("--size", "--input-size", min=1, help="Height and width to train at, pixels; the pictures' own.")
    ] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Skip and name pictures that cannot be read.")] = False,
    strategy: _Strategy = "auto",
    precision: _Precision = "recipe",
    xla: Annotated[XlaChoice, typer.Option(help='Compile the steps; "auto" measures whether that is faster.')] = "recipe",
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Write OUT/tensorboard too.")] = False,
    dataset_name: Annotated[str | None, typer.Option(help="What the card calls the data; the file's name if not given.")] = None,
    license: Annotated[str | None, typer.Option(help="SPDX identifier of the weights' licence, for the card.")] = None,
) -> None:
    """Train a network on pictures by class as a recipe says."""
    from bnn_zoo.data.datasets import check_source
    from bnn_zoo.data.tfds_masks import check_mask_source
    from bnn_zoo.models import find_architecture
    from bnn_zoo.training.by_name import TrainingOptions, chosen_recipe, train_by_name
    from bnn_zoo.training.result_folder import check_result_folder
    from bnn_zoo.training.strategy import make_strategy, start_again

    entry, changes = find_architecture(network), pairs(settings or [])
    with says_how_to_set():
        chosen_recipe(entry.name, recipe, changes)
    if entry.per_pixel:
        check_mask_source(data)
    else:
        check_source(data, split)
    check_folder_place(user_path(out))
    check_result_folder(user_path(out), "train")
    try:
        options = TrainingOptions(
            split=split,
            size=size,
            on_bad="skip" if skip_bad else "stop",
            # Several machines have to find each other before TensorFlow does anything else.
            strategy=load_tensorflow(first=lambda: make_strategy(strategy), to_train=True),
            precision=precision,
            xla=xla,
            tensorboard=tensorboard,
            dataset_name=dataset_name,
            license=license,
        )
        with stops_and_goes_on(), says_how_to_set():
            folder = train_by_name(entry.name, recipe, data, out, settings=changes, options=options, say=_say)
    except ConnectionError as error:
        _say(f"{error}. This one waits for it.")
        start_again()
    if folder is not None:
        print(f"{folder}: the weight set. {out / 'log.csv'}: the log.")
        print(f"Score it with: bnn-zoo evaluate {shlex.quote(str(folder))} --data {shlex.quote(data)}")


def recipes(
    wanted: Annotated[str | None, typer.Argument(metavar="NAME", help="One recipe, in full; all in short if not given.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """List the recipes that networks are trained by."""
    from bnn_zoo.training.recipes import find_recipe, list_recipes

    found = [find_recipe(wanted)] if wanted else [find_recipe(each) for each in list_recipes()]
    if as_json or wanted:
        values = [dataclasses.asdict(recipe) for recipe in found]
        print(json.dumps(values[0] if wanted else values, indent=2))
        return
    lines = [("recipe", "epochs", "batch", "optimizer", "precision", "")]
    for each in found:
        kind = f"{len(each.stages)} stages" if each.stages else each.optimizer
        both = kind if each.real_optimizer == "same" else f"{kind}, {each.real_optimizer}"
        lines.append((each.name, str(each.epochs), str(each.batch_size), both, each.precision, each.source))
    for name, epochs, batch, optimizer, precision, source in lines:
        console.print(f"{name:<34}{epochs:>6} {batch:>5}  {optimizer:<9} {precision}", highlight=False, soft_wrap=True)
        for line in wrap(source, console.width - 2):
            console.print(f"  {line}", style="dim", highlight=False, soft_wrap=True)
    console.print("optimizer: of binary kernels, and of the rest where it has another. `bnn-zoo recipes NAME` tells all.")


def train_bench(
    networks: Annotated[list[str], typer.Argument(metavar="NETWORK", help='Names of the networks, also as "*resnet*".')],
    sizes: Annotated[
        str, typer.Option("--size", "--input-size", help="Comma-separated heights (and widths) of the pictures.")
    ] = "32",
    batch: Annotated[int, typer.Option("--batch", "--batch-size", min=1, help="Pictures a step.")] = 128,
    precision: Annotated[
        Literal["auto", "float32", "mixed_bfloat16"],
        typer.Option(metavar="NAME", help="Of this package's steps: auto, float32, mixed_bfloat16."),
    ] = "auto",
    xla: Annotated[Literal["auto", "on", "off"], typer.Option(help="Of this package's steps.")] = "auto",
    steps: Annotated[int, typer.Option(min=1, help="In one run.")] = 4,
    rounds: Annotated[int, typer.Option("--rounds", "--repeats", min=1, help="Runs of each loop, in turn; medians are shown.")] = 5,
    arguments: Annotated[list[str] | None, typer.Option("--set", help="An argument of the network, as in filters=32.")] = None,
    wanted: Format = "table",
    as_json: AsJson = False,
) -> None:
    """Measure training steps a second beside the plain loop of larq-zoo (float32)."""
    from bnn_zoo.models import find_architecture

    form = chosen_form(wanted, as_json)
    own, heights = json_pairs(arguments or []), counts("--size", sizes)
    names = expanded(networks)
    for name in names:
        find_architecture(name).check_own(own)
    load_tensorflow(to_train=True)
    from bnn_zoo.training.bench import SpeedSettings, measure_training

    compiled: Any = {"auto": "auto", "on": True, "off": False}[xla]
    rows = []
    for network in names:
        for size in heights:
            settings = SpeedSettings(size, batch, precision, compiled, steps, rounds, own)
            rows.append(measure_training(network, settings, say=_say))
    show_rows(
        rows, form, {"rounds": 8, "pipeline_share": 7, "pipeline": 6, "plain_model": 5, "xla": 4, "precision": 3, "batch_size": 2}
    )


def _say(line: str) -> None:
    errors.print(f"bnn-zoo: {line}", highlight=False, markup=False, soft_wrap=True)
