"""What a run shows while it goes on: a line an epoch, and on terminals a live bar below."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bnn_zoo._keras import keras

if TYPE_CHECKING:
    from rich.progress import Progress

#: Columns of a terminal that has room for a bar beside the numbers.
_BAR_FROM = 110


@contextmanager
def training_bar(epochs: int, stage: str = "", shown: bool = True) -> Iterator[Progress]:
    """A bar on standard output, if it is a terminal; it is gone at the end, and also where training is stopped.

    Args:
        epochs: of the whole run, or up to a stage's end.
        stage: its name, where a run has several.
        shown: whether this machine shows anything.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.table import Column

    console = Console(file=sys.stdout)
    # Where a terminal is narrow the bar gives way and nothing else: the numbers say the same, and more.
    columns = (
        *([TextColumn(stage)] if stage else []),
        TextColumn("epoch {task.fields[epoch]}/" + str(epochs)),
        *([BarColumn()] if console.width >= _BAR_FROM else []),
        MofNCompleteColumn(table_column=Column(no_wrap=True)),
        TimeRemainingColumn(table_column=Column(no_wrap=True)),
        TextColumn("{task.fields[state]}"),
    )
    with Progress(*columns, console=console, disable=not (shown and console.is_terminal), transient=True) as bar:
        yield bar


def progress_callback(
    bar: Progress, epochs: int, steps: int, batch_size: int, *, first_epoch: int = 0, start: int = 0
) -> keras.callbacks.Callback:
    """A Keras callback that shows epoch, step, pictures a second, time left, loss and accuracy.

    Args:
        bar: where it is shown; see `training_bar`.
        epochs: of the whole run, or up to a stage's end.
        steps: of an epoch.
        batch_size: pictures a step.
        first_epoch: of the stage.
        start: how many of its steps are done already.
    """

    class ShowProgress(keras.callbacks.Callback):
        def __init__(self) -> None:
            super().__init__()
            # Here and not when training begins, which it does twice where an epoch that was begun is finished first.
            total = (epochs - first_epoch) * steps
            self.task = bar.add_task("steps", total=total, completed=start, epoch=first_epoch + start // steps + 1, state="")
            self.total = start

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.epoch, self.done, self.start = epoch, 0, time.perf_counter()

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.done += 1
            self.total += 1
            rate = self.done * batch_size / (time.perf_counter() - self.start)
            state = f"loss {logs['loss']:.3f}, accuracy {100 * logs['accuracy']:.1f} %, {rate:.0f} images/s"
            bar.update(self.task, completed=self.total, epoch=self.epoch + 1, state=state)

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            held_out = f"  held out {100 * logs['val_accuracy']:.2f} %" if "val_accuracy" in logs else ""
            line = f"epoch {epoch + 1}/{epochs}  loss {logs['loss']:.4f}  accuracy {100 * logs['accuracy']:.2f} %{held_out}"
            bar.console.print(f"{line}  {time.perf_counter() - self.start:.0f} s", highlight=False)

    return ShowProgress()
