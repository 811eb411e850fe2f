"""A finished run as a weight set: the model, with the run's log and curve beside it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bnn_zoo._caller import warn_caller
from bnn_zoo._keras import keras
from bnn_zoo._user_path import user_path
from bnn_zoo._whole_file import write_whole
from bnn_zoo.hub.folder import RUN_CURVE, RUN_LOG, save_pretrained
from bnn_zoo.training.curve import plot_log
from bnn_zoo.training.finished_weights import load_finished
from bnn_zoo.training.run import LAST
from bnn_zoo.training.run_log import LOG


def save_run(
    build: Callable[[], keras.Model], run: str | os.PathLike[str], folder: str | os.PathLike[str], **description: Any
) -> Path:
    """Writes a weight set's folder: the weights that a run ended with, its log and a picture of that log.

    Args:
        build: makes the network; as `train` was given it.
        run: the run's folder.
        folder: to write.
        description: labels, preprocessing, dataset, ... as `save_pretrained` takes them.

    Returns:
        The folder.

    Raises:
        ValueError: if the log is damaged or holds no epoch, or the model and its description do not fit.
        OSError: if the run is not finished, or its weights are damaged.
    """
    # Built anew, so that what is saved computes in float32 whatever the recipe trained in.
    model = build()
    run, target = user_path(run), user_path(folder)
    load_finished(model, run / LAST)
    target.mkdir(parents=True, exist_ok=True)
    # Both before the card, which names what lies beside it. The curve is first: it finds out whether the log is whole.
    log = run / LOG
    try:
        plot_log(log, target / RUN_CURVE)
    except ImportError as error:
        warn_caller(f"no curve: {error}")
    write_whole(target / RUN_LOG, lambda part: shutil.copyfile(log, part))
    return save_pretrained(model, target, **description)
