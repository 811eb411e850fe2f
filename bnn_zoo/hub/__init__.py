"""Where weights come from and go to.

One road leads from a name to weights in a model, and each step can be called on its own: `resolve` (reference to record), `fetch`
(record to verified file), `load_weights` (file to model). Nothing on it executes code from a file. All that goes wrong is a
`WeightsError`.
"""

from __future__ import annotations

from bnn_zoo.hub.errors import WeightFileError, WeightMismatchError, WeightsError
from bnn_zoo.hub.fetch import fetch
from bnn_zoo.hub.folder import save_pretrained, weight_set_of
from bnn_zoo.hub.load import load_pretrained, load_weights
from bnn_zoo.hub.references import resolve
from bnn_zoo.hub.registry import find_weight_set, registered
from bnn_zoo.hub.weight_set import Metric, WeightSet

__all__ = [
    "Metric",
    "WeightFileError",
    "WeightMismatchError",
    "WeightSet",
    "WeightsError",
    "fetch",
    "find_weight_set",
    "load_pretrained",
    "load_weights",
    "registered",
    "resolve",
    "save_pretrained",
    "weight_set_of",
]
