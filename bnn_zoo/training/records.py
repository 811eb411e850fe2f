"""What a run leaves behind while it goes on: its log, its best weights, its checkpoints."""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bnn_zoo._keras import keras
from bnn_zoo.training.checkpoints import Position, save_checkpoint

LOG, BEST = "log.csv", "best.weights.h5"


def recording_callback(folder: Path, start: Position, steps: int, seconds: float) -> keras.callbacks.Callback:
    """A Keras callback that writes log, best weights and checkpoints.

    A step belongs to a checkpoint or it is done again: rows of epochs that are not finished at `start` are taken out of the log.

    Args:
        folder: of the run.
        start: where the run goes on.
        steps: of an epoch.
        seconds: between two checkpoints inside an epoch; another one follows every epoch.
    """
    rows = _rows(folder / LOG)[: start.step // steps]
    _write_rows(folder / LOG, rows)

    class Record(keras.callbacks.Callback):
        def __init__(self) -> None:
            super().__init__()
            self.step, self.means = start.step, dict(start.means)
            self.before = start.step % steps
            self.saved = time.monotonic()

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.step += 1
            last = self.step % steps == 0
            # Behind an epoch's last step comes its validation, and then a checkpoint of its own.
            if not last and time.monotonic() - self.saved >= seconds:
                save_checkpoint(folder / "checkpoints", self.model, Position(self.step, self._whole(logs, self.step % steps)))
                self.saved = time.monotonic()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            logs.update(self._whole(logs, steps))
            self.before, self.means = 0, {}
            rows.append({"epoch": epoch, **{key: float(value) for key, value in logs.items()}})
            score = "val_accuracy" if "val_accuracy" in logs else "accuracy"
            if float(logs[score]) >= max(float(row[score]) for row in rows):
                write_whole(folder / BEST, lambda part: self.model.save_weights(str(part)))
            _write_rows(folder / LOG, rows)
            save_checkpoint(folder / "checkpoints", self.model, Position(self.step))
            self.saved = time.monotonic()

        def _whole(self, logs: Any, done: int) -> dict[str, float]:
            """Means over the epoch, from those before the run was resumed and those since."""
            since = done - self.before
            return {
                key: (self.means.get(key, 0.0) * self.before + float(value) * since) / done
                for key, value in logs.items()
                if not key.startswith("val_")
            }

    return Record()


def _rows(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    def write(part: Path) -> None:
        with open(part, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]) if rows else ["epoch"])
            writer.writeheader()
            writer.writerows(rows)

    write_whole(path, write)


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Writes a file beside its place, and moves it there when it is whole."""
    part = path.with_name(f"part.{path.name}")
    write(part)
    os.replace(part, path)
