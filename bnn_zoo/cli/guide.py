"""`guide`: the advice on building BNNs, measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bnn_zoo._places import check_folder_place
from bnn_zoo._startup import load_tensorflow
from bnn_zoo._user_path import user_path
from bnn_zoo.cli.terminal import console, errors, stops_and_goes_on


def guide(
    data: Annotated[str, typer.Option(help='"cifar10" (downloaded), or a folder or .zip with splits train and test.')],
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder for the results; experiments that were stopped go on.")],
    only: Annotated[int | None, typer.Option(metavar="N", help="Run experiment number N only.")] = None,
    pictures: Annotated[int, typer.Option(min=1, help="Training pictures.")] = 16_000,
    held_out: Annotated[int, typer.Option(min=1, help="Further pictures, for the choice of learning rates.")] = 5_000,
    epochs: Annotated[int, typer.Option(min=1, help="How often a run sees the training pictures.")] = 5,
    batch_size: Annotated[int, typer.Option("--batch-size", "--batch", min=1, help="Pictures a step.")] = 64,
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each variant.")] = 3,
    dataset_name: Annotated[str | None, typer.Option(help="What the results call the data; the file's name if not given.")] = None,
) -> None:
    """Measure the advice on building BNNs by small experiments of equal budget."""
    from bnn_zoo.data.tfds import TFDS
    from bnn_zoo.guide.finished import all_finished
    from bnn_zoo.guide.one_run import check_splits
    from bnn_zoo.guide.run import check_only, run_experiments

    check_only(only)
    # What is finished is told without its pictures, and TensorFlow Datasets would load TensorFlow.
    if not data.startswith(TFDS) and not all_finished(user_path(out)):
        check_splits(data)
    check_folder_place(user_path(out))
    load_tensorflow(to_train=True)
    from rich.markdown import Markdown

    from bnn_zoo.guide.budget import Budget
    from bnn_zoo.guide.table import caption, markdown_table

    with stops_and_goes_on():
        results = run_experiments(
            data,
            out,
            budget=Budget(pictures, held_out, epochs, batch_size, seeds),
            only=only,
            dataset_name=dataset_name,
            report=lambda text: errors.print(text, style="bold", highlight=False),
        )
    if console.is_terminal:
        console.print(Markdown(markdown_table(results)))
    else:
        print(markdown_table(results))
    console.print(caption(results), highlight=False, markup=False)
    print(f"{out / 'results.json'}: the data. Beside it results.md and results.png.")
