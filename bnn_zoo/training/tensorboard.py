"""A run's curves for TensorBoard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bnn_zoo._keras import keras, tf

_SCALAR = 1  # DATA_CLASS_SCALAR in TensorFlow's summary.proto


def tensorboard_callback(folder: Path, steps: int, *, first_epoch: int = 0, first_step: int = 0) -> keras.callbacks.Callback:
    """A Keras callback that writes each epoch's figures as TensorBoard reads them, by the number of steps done.

    TensorFlow writes such files itself; its own callback for them asks for TensorBoard to be installed.

    Args:
        folder: for the event files; a run that goes on adds another.
        steps: of an epoch.
        first_epoch: of the stage, counted over the whole run.
        first_step: of the stage, likewise.
    """
    metadata = tf.compat.v1.SummaryMetadata(
        plugin_data=tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars"),
        data_class=_SCALAR,
    )

    class WriteEvents(keras.callbacks.Callback):
        def on_train_begin(self, logs: Any = None) -> None:
            self.writer = tf.summary.create_file_writer(str(folder))

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            step = first_step + (epoch + 1 - first_epoch) * steps
            with self.writer.as_default():
                for name, value in logs.items():
                    room = "validation" if name.startswith("val_") else "training"
                    tag = f"{room}/{name.removeprefix('val_')}"
                    tf.summary.write(tag, tf.constant(value, tf.float32), step=step, metadata=metadata)
            self.writer.flush()

        def on_train_end(self, logs: Any = None) -> None:
            self.writer.close()

    return WriteEvents()
