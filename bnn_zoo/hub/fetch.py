"""From a record to a file on disk whose hash is right, or to what else there is."""

from __future__ import annotations

from pathlib import Path

from bnn_zoo.hub.bring import bring
from bnn_zoo.hub.errors import WeightFileError, WeightsError
from bnn_zoo.hub.schemes import needs_download
from bnn_zoo.hub.weight_set import WeightSet


def fetch(weights: WeightSet) -> Path:
    """Brings a weight set's file to disk, from the first of its sources that has it.

    A file that is on this machine already is hashed and used; no other machine is asked.

    Args:
        weights: the record; its sources are tried in order.

    Returns:
        The path of a file whose sha256 is the recorded one.

    Raises:
        WeightsError: if no source has it; the message says what was tried, where the file may be put by hand, and which weight
            sets of this architecture need no download.
    """
    try:
        return bring(weights)
    except WeightFileError as error:
        raise WeightFileError("\n".join([str(error), *_advice(weights)])) from error


def _advice(weights: WeightSet) -> list[str]:
    if weights.architecture is None:
        return []
    from bnn_zoo.hub.registry import registered  # reads the registry, and loads NumPy

    try:
        at_hand = [other.name for other in registered(weights.architecture) if not needs_download(other)]
    except WeightsError:  # of a registry that has nothing to do with what went wrong
        return []
    if at_hand and weights.name not in at_hand:
        return [f"Without a download there is: {', '.join(at_hand)}"]
    if needs_download(weights):
        return [f"There are no weights of {weights.architecture} that need no download."]
    return []
