"""The command line's commands, put together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
import typer.core

from bnn_zoo.cli import Stopped, catalog, comparing, deploying, evaluating, finetuning, guide, hub, pictures, training
from bnn_zoo.cli.terminal import show_warnings


@contextmanager
def _stops() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise Stopped from None


class _Commands(typer.core.TyperGroup):
    """Commands of which one that is stopped says so, see `Stopped`."""

    def make_context(self, *arguments: Any, **named: Any) -> Any:
        with _stops():
            return super().make_context(*arguments, **named)

    def invoke(self, ctx: Any) -> Any:
        with _stops():
            return super().invoke(ctx)


app = typer.Typer(
    name="bnn-zoo",
    cls=_Commands,
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
    show_warnings()


app.command("demo")(pictures.demo)
app.command("predict")(pictures.predict)
app.command("list")(catalog.list_networks)
app.command("info")(catalog.info)
app.command("summary")(catalog.summary)
app.command("compare")(comparing.compare)
app.command("profile")(comparing.profile)
app.command("evaluate")(evaluating.evaluate)
app.command("train")(training.train)
app.command("recipes")(training.recipes)
app.command("train-bench")(training.train_bench)
app.command("finetune")(finetuning.finetune)
app.command("guide")(guide.guide)
app.command("export")(deploying.export)
app.command("bench")(deploying.bench)
app.add_typer(hub.app, name="hub")
