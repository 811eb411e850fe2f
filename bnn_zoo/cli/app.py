"""The command line's commands, put together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from bnn_zoo.cli import Stopped, catalog, comparing, deploying, evaluating, finetuning, guide, hub, pictures, training
from bnn_zoo.cli.help import Command, Commands
from bnn_zoo.cli.terminal import show_warnings


@contextmanager
def _stops() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise Stopped from None


class _Commands(Commands):
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


app.command("demo", cls=Command)(pictures.demo)
app.command("predict", cls=Command)(pictures.predict)
app.command("list", cls=Command)(catalog.list_networks)
app.command("info", cls=Command)(catalog.info)
app.command("summary", cls=Command)(catalog.summary)
app.command("compare", cls=Command)(comparing.compare)
app.command("profile", cls=Command)(comparing.profile)
app.command("evaluate", cls=Command)(evaluating.evaluate)
app.command("train", cls=Command)(training.train)
app.command("recipes", cls=Command)(training.recipes)
app.command("train-bench", cls=Command)(training.train_bench)
app.command("finetune", cls=Command)(finetuning.finetune)
app.command("guide", cls=Command)(guide.guide)
app.command("export", cls=Command)(deploying.export)
app.command("bench", cls=Command)(deploying.bench)
app.add_typer(hub.app, name="hub")
