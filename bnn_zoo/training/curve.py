"""The curve of a run: loss and accuracy by epoch, from its log."""

from __future__ import annotations

import os

from bnn_zoo._figure import new_figure
from bnn_zoo._user_path import user_path
from bnn_zoo._whole_file import write_whole
from bnn_zoo.training.run_log import read_log


def plot_log(log: str | os.PathLike[str], picture: str | os.PathLike[str]) -> None:
    """Draws loss and accuracy of a run, on training and held-out pictures.

    The loss on training pictures is what was minimised, that on held-out ones the cross-entropy with the labels: where a teacher or
    a penalty has a say, one cannot be compared with the other.

    Args:
        log: log.csv of a run.
        picture: the .png to write.

    Raises:
        ImportError: if matplotlib is not installed.
        ValueError: if the log is damaged, or holds no epoch.
        OSError: if one cannot be read or the other not be written.
    """
    figure = new_figure("a curve", figsize=(8, 3.2), layout="constrained")
    rows = read_log(user_path(log))
    epochs = [int(row["epoch"]) + 1 for row in rows]
    # Training scores are lower than held-out ones early on: they are means over the epoch, and of augmented pictures.
    for axes, column, title, factor in zip(
        figure.subplots(1, 2), ("loss", "accuracy"), ("loss", "accuracy, percent"), (1, 100), strict=True
    ):
        for key, label in ((column, "training"), (f"val_{column}", "held out")):
            if key in rows[0]:
                axes.plot(epochs, [factor * float(row[key]) for row in rows], label=label)
        axes.set_xlabel("epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set_title(title)
        axes.grid(alpha=0.3)
        axes.legend()
    write_whole(user_path(picture), lambda part: figure.savefig(part, dpi=120))
