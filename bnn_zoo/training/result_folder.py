"""A folder is of one command's runs: `train` and `finetune` both save a weight set in its `model`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from bnn_zoo.training.run import CLAIM

#: The weight set, in the folder of the run or runs that it comes from.
RESULT = "model"

#: By command, a file that is there from the beginning of its first run in a folder.
_CLAIMS = {"train": CLAIM, "finetune": f"head/{CLAIM}"}


def check_result_folder(folder: Path, command: Literal["train", "finetune"]) -> None:
    """Refuses a folder that holds runs of the other command, whose weight set would be overwritten.

    Args:
        folder: as the command's user gave it.
        command: that is to run in it.

    Raises:
        ValueError: naming the other one.
    """
    for other, claim in _CLAIMS.items():
        if other != command and (folder / claim).exists():
            raise ValueError(
                f"{folder} holds what `bnn-zoo {other}` makes ({claim}), and {command} would overwrite its weight set, "
                f"{folder / RESULT}; choose another folder."
            )
