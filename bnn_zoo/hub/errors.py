"""What can go wrong between the name of a weight set and weights in a model: `WeightsError`, and nothing else."""

from __future__ import annotations


class WeightsError(Exception):
    """The road from a name to weights ended early; the message says where, why, and what to try next."""


class WeightFileError(WeightsError):
    """A file that is missing, unreadable or damaged, or that is no weight file."""


class WeightMismatchError(WeightsError):
    """A sound weight file that does not fit the network."""
