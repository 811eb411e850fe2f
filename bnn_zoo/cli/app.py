"""The command line's commands, put together."""

from __future__ import annotations

from typing import Annotated

import typer

from bnn_zoo.cli import catalog, comparing, deploying, finetuning, guide, hub, learning, pictures, training

app = typer.Typer(
    name="bnn-zoo",
    help="Binarized neural networks: reference architectures and trained weights.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        from bnn_zoo import __version__

        print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    pass


app.command("demo")(pictures.demo)
app.command("predict")(pictures.predict)
app.command("list")(catalog.list_networks)
app.command("info")(catalog.info)
app.command("summary")(catalog.summary)
app.command("compare")(comparing.compare)
app.command("profile")(comparing.profile)
app.command("evaluate")(learning.evaluate)
app.command("train")(training.train)
app.command("recipes")(training.recipes)
app.command("train-bench")(training.train_bench)
app.command("finetune")(finetuning.finetune)
app.command("guide")(guide.guide)
app.command("export")(deploying.export)
app.command("bench")(deploying.bench)
app.add_typer(hub.app, name="hub")
