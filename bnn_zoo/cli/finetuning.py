"""`finetune`: a trained network for one's own pictures."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from bnn_zoo._places import check_folder_place
from bnn_zoo._startup import load_tensorflow
from bnn_zoo._user_path import user_path
from bnn_zoo.cli.terminal import console, stops_and_goes_on
from bnn_zoo.cli.values import pairs, says_how_to_set


def finetune(
    model: Annotated[str, typer.Argument(help="What to start from: name.tag, a folder, or a Hub repository USER/REPO.")],
    data: Annotated[str, typer.Option(help="A folder or .zip of pictures by class.")],
    out: Annotated[
        Path, typer.Option(file_okay=False, help="Folder for the two runs and the weight set; a run that was stopped goes on.")
    ],
    split: Annotated[str | None, typer.Option(help='Which split of the data; if not given "train", where there is one.')] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="Change the recipes: head.epochs=5 of the first run, whole.epochs=9 of the second, epochs=5 of both."
        ),
    ] = None,
    dataset_name: Annotated[str | None, typer.Option(help="What the card calls the data; the folder's name if not given.")] = None,
    license: Annotated[str | None, typer.Option(help="SPDX identifier of the new weights' licence, for the card.")] = None,
) -> None:
    """Fine-tune a trained network on your own pictures: a new head first, then all layers."""
    chosen = pairs(settings or [])
    from bnn_zoo.data.datasets import check_source
    from bnn_zoo.hub import resolve
    from bnn_zoo.training.result_folder import check_result_folder
    from bnn_zoo.transfer.plan import check_settings

    weights = resolve(model)
    check_source(data, split)
    with says_how_to_set():
        check_settings(chosen)
    check_folder_place(user_path(out))
    check_result_folder(user_path(out), "finetune")
    load_tensorflow(to_train=True)
    from bnn_zoo.transfer import finetune as run

    with stops_and_goes_on(), says_how_to_set():
        folder = run(
            weights,
            data,
            out,
            split=split,
            settings=chosen,
            dataset_name=dataset_name,
            license=license,
            say=lambda line: console.print(line, highlight=False, markup=False, soft_wrap=True),
        )
    print(f"{folder}: the weight set.")
    print(f"Use it with: bnn-zoo predict PICTURE --model {shlex.quote(str(folder))}")
