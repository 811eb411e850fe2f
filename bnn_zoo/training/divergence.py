"""What a run says when its loss is no number any more."""

from __future__ import annotations

import math
from typing import Any

from bnn_zoo._keras import keras

_LOSSES = ("loss", "val_loss")


def divergence_callback() -> keras.callbacks.Callback:
    """A Keras callback that ends a run whose loss is infinite or no number, before anything of it is written.

    Raises:
        ValueError: the same run would end there again, so that it is the recipe that has to change.
    """

    class StopDiverged(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.epoch = epoch

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            for name in _LOSSES:
                if not math.isfinite(logs.get(name, 0.0)):
                    raise ValueError(
                        f"{name} is {float(logs[name])} in epoch {self.epoch + 1}: training has diverged, and would do so again. "
                        "Take a lower learning_rate, or a warm-up, and another folder; the checkpoints and best weights in this "
                        "one are from before."
                    )

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.on_train_batch_end(-1, logs)

    return StopDiverged()
