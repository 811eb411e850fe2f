"""What a run leaves behind while it goes on: its log, its best weights, its checkpoints."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bnn_zoo._caller import warn_caller
from bnn_zoo._keras import keras
from bnn_zoo._whole_file import write_whole
from bnn_zoo.training.checkpoints import Position, last_checkpoint, local_weights, save_checkpoint
from bnn_zoo.training.disk import explain_full_disk
from bnn_zoo.training.finished_weights import record_hash
from bnn_zoo.training.run_log import LOG, salvage_log, write_log

# More than HDF5 takes for a variable's name and place.
_HDF5_BYTES = 8192

BEST = "best.weights.h5"

#: What networks for segmentation are scored by: the mean over the classes of intersection over union.
MEAN_IOU = "mean_iou"

#: The best weights are those with the highest of the first of these that there is.
_SCORES = (f"val_{MEAN_IOU}", MEAN_IOU, "val_accuracy", "accuracy")


@dataclass(frozen=True)
class Place:
    """Where a stage leaves its results.

    Args:
        folder: of the run.
        checkpoints: of the stage.
        network: whose weights are written; those of the fitted model are put into it where it is another.
    """

    folder: Path
    checkpoints: Path
    network: keras.Model

    def write_weights(self, name: str, model: keras.Model, finished: bool = False) -> None:
        """Writes a model's weights under a name, whole or not at all.

        Args:
            name: in the run's folder.
            model: whose weights they are.
            finished: records their hash too, for those who go on from them; the best ones are written again and again.

        Raises:
            OSError: if they cannot be written, because the disk is full for example.
        """
        if self.network is not model:
            self.network.set_weights(local_weights(model))
        size = sum(weight.nbytes + _HDF5_BYTES for weight in self.network.get_weights())

        def write(part: Path) -> None:
            self.network.save_weights(str(part))
            if finished:
                record_hash(self.folder / name, part)

        with explain_full_disk(self.folder / name, size, last_checkpoint(self.checkpoints)):
            write_whole(self.folder / name, write, reserve=size)


def recording_callback(place: Place, start: Position, steps: int, first_epoch: int, seconds: float) -> keras.callbacks.Callback:
    """A Keras callback that writes log, best weights and checkpoints.

    A step belongs to a checkpoint or it is done again: rows of epochs that are not finished at `start` are taken out of the log.

    Args:
        place: for the results.
        start: where the stage goes on.
        steps: of an epoch.
        first_epoch: of the stage, counted over the whole run.
        seconds: between two checkpoints inside an epoch; another one follows every epoch.
    """
    log = place.folder / LOG
    rows = _logged(log, first_epoch + start.step // steps)
    _write_rows(place, rows)

    class Record(keras.callbacks.Callback):
        def __init__(self) -> None:
            super().__init__()
            self.step, self.means = start.step, dict(start.means)
            self.sound = start.step  # of the last whole checkpoint
            self.before = start.step % steps
            self.saved = time.monotonic()

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.step += 1
            last = self.step % steps == 0
            # Behind an epoch's last step comes its validation, and then a checkpoint of its own.
            if not last and time.monotonic() - self.saved >= seconds:
                self._save(Position(self.step, self._whole(logs, self.step % steps)))

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            logs.update(self._whole(logs, steps))
            self.before, self.means = 0, {}
            rows.append({"epoch": epoch, **{key: float(value) for key, value in logs.items()}})
            score = next(name for name in _SCORES if name in logs)
            if float(logs[score]) >= max(float(row[score]) for row in rows if int(row["epoch"]) >= first_epoch):
                place.write_weights(BEST, self.model)
            _write_rows(place, rows)
            self._save(Position(self.step))

        def _save(self, position: Position) -> None:
            save_checkpoint(place.checkpoints, self.model, position, before=self.sound)
            self.sound, self.saved = position.step, time.monotonic()

        def _whole(self, logs: Any, done: int) -> dict[str, float]:
            """Means over the epoch, from those before the run was resumed and those since."""
            since = done - self.before
            return {
                key: (self.means.get(key, 0.0) * self.before + float(value) * since) / done
                for key, value in logs.items()
                if not key.startswith("val_")
            }

    return Record()


def _logged(log: Path, epochs: int) -> list[dict[str, Any]]:
    """The rows of the epochs that are done; a warning says if some are lost, for the weights are right without them."""
    rows = [row for row in salvage_log(log) if row["epoch"] in map(str, range(epochs))]
    if len(rows) < epochs:
        warn_caller(
            f"{log} is missing or damaged: of the {epochs} epochs done it has {len(rows)}. The others stay out of log and curve, "
            f"and {BEST} is the best of those that are in.",
        )
    return rows


def _write_rows(place: Place, rows: list[dict[str, Any]]) -> None:
    log = place.folder / LOG
    with explain_full_disk(log, 100 * len(rows), last_checkpoint(place.checkpoints)):
        write_whole(log, lambda part: write_log(part, rows))
