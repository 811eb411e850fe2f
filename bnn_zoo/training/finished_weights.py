"""The weights that a stage leaves when it is finished: known by their hash, so that damage is told and not trained on."""

from __future__ import annotations

from pathlib import Path

from bnn_zoo._error_words import in_one_line
from bnn_zoo._keras import keras
from bnn_zoo._whole_file import write_text_whole
from bnn_zoo.hub.errors import WeightsError
from bnn_zoo.hub.hashing import file_sha256
from bnn_zoo.training.checkpoints import OtherNetworkError


def record_hash(weights: Path, part: Path) -> None:
    """Writes the SHA-256 of weights beside their place, as sha256sum reads it.

    It is written first: a stop in between leaves a hash without weights, which are then written once more, hash and all.

    Args:
        weights: where the file will be, NAME.weights.h5; the hash is in NAME.weights.h5.sha256.
        part: the file that will be moved there.

    Raises:
        OSError: if it cannot be written.
    """
    write_text_whole(_record(weights), f"{file_sha256(part)}  {weights.name}\n")


def check_finished(weights: Path) -> None:
    """Sees that a file is the one that was written; without a hash beside it, as earlier versions left it, it is taken as it is.

    Raises:
        OSError: if it is another one.
    """
    record = _record(weights)
    if not record.exists() or not weights.exists():
        return
    try:
        expected, found = record.read_text(encoding="utf-8", errors="replace").partition(" ")[0], file_sha256(weights)
    except (OSError, WeightsError) as error:
        raise _damaged(weights, in_one_line(error)) from error
    if found != expected:
        raise _damaged(weights, f"its SHA-256 is not the one in {record.name}")


def load_finished(network: keras.Model, weights: Path) -> None:
    """Gives a network the weights that a stage left.

    Raises:
        OtherNetworkError: if they are another network's.
        OSError: if they are not there, or damaged.
    """
    check_finished(weights)
    try:
        network.load_weights(str(weights))
    except ValueError as error:
        raise OtherNetworkError(f"{weights} holds another network's weights; choose an empty folder or remove it.") from error
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _damaged(weights, in_one_line(error)) from error


def _record(weights: Path) -> Path:
    return weights.with_name(f"{weights.name}.sha256")


def _damaged(weights: Path, how: str) -> OSError:
    return OSError(f"{weights} is damaged ({how}); remove it, and the run goes on from its last checkpoint.")
