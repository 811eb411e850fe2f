"""Where weights come from and go to.

One road leads from a name to weights in a model, and each step can be called on its own: `resolve` (reference to record), `fetch`
(record to verified file), `load_weights` (file to model). Nothing on it executes code from a file. All that goes wrong is a
`WeightsError`. Importing this room loads neither TensorFlow nor anything that talks to a network; most names below are loaded when
they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnn_zoo._lazy import lazy_names
from bnn_zoo.hub.errors import WeightFileError, WeightMismatchError, WeightsError

# Not lazily: the function shares its name with its module, and importing the module would put the module in its place.
from bnn_zoo.hub.fetch import fetch

if TYPE_CHECKING:
    from bnn_zoo.hub.attached import weight_set_of
    from bnn_zoo.hub.cache import is_cached
    from bnn_zoo.hub.convert import Conversion, convert_checkpoint
    from bnn_zoo.hub.folder import save_pretrained
    from bnn_zoo.hub.load import load_pretrained, load_weights
    from bnn_zoo.hub.publish import push_to_hub
    from bnn_zoo.hub.references import resolve
    from bnn_zoo.hub.registry import find_weight_set, registered
    from bnn_zoo.hub.weight_set import Metric, WeightSet

#: Where each name lives that is loaded when it is first used.
_HOMES = {
    "Conversion": "convert",
    "Metric": "weight_set",
    "WeightSet": "weight_set",
    "convert_checkpoint": "convert",
    "find_weight_set": "registry",
    "is_cached": "cache",
    "load_pretrained": "load",
    "load_weights": "load",
    "push_to_hub": "publish",
    "registered": "registry",
    "resolve": "references",
    "save_pretrained": "folder",
    "weight_set_of": "attached",
}

__all__ = [
    "Conversion",
    "Metric",
    "WeightFileError",
    "WeightMismatchError",
    "WeightSet",
    "WeightsError",
    "convert_checkpoint",
    "fetch",
    "find_weight_set",
    "is_cached",
    "load_pretrained",
    "load_weights",
    "push_to_hub",
    "registered",
    "resolve",
    "save_pretrained",
    "weight_set_of",
]


if not TYPE_CHECKING:  # a type checker that saw this would believe in any name
    __getattr__, __dir__ = lazy_names(__name__, _HOMES, __all__)
