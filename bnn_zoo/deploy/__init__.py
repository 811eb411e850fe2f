"""The same network outside Keras: OpenVINO for x86, Larq Compute Engine (LCE) for ARM, a SavedModel for TensorFlow.

    runtime = bnn_zoo.deploy.compile(model, backend="openvino")
    probabilities = runtime.predict(images)
    bnn_zoo.deploy.export(model, "quicknet.tflite")

Importing this room loads neither a backend nor TensorFlow; most names below are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnn_zoo._lazy import lazy_names

# Not lazily: the function shares its name with its module, and importing the module would put the module in its place.
from bnn_zoo.deploy.export import export

if TYPE_CHECKING:
    from bnn_zoo.deploy.backends import MissingBackendError
    from bnn_zoo.deploy.bench import NotMeasured, measure_latencies
    from bnn_zoo.deploy.difference import Difference, compare
    from bnn_zoo.deploy.fold import fold_batch_norm
    from bnn_zoo.deploy.folder import Failure, Prediction, predict_pictures
    from bnn_zoo.deploy.registered import UnsupportedLayerError, register_converter
    from bnn_zoo.deploy.runtime import BACKENDS, Runtime, compile
    from bnn_zoo.deploy.timing import Measurement

#: Where each name lives that is loaded when it is first used.
_HOMES = {
    "BACKENDS": "runtime",
    "Difference": "difference",
    "Failure": "folder",
    "Measurement": "timing",
    "MissingBackendError": "backends",
    "NotMeasured": "bench",
    "Prediction": "folder",
    "Runtime": "runtime",
    "UnsupportedLayerError": "registered",
    "compare": "difference",
    "compile": "runtime",
    "fold_batch_norm": "fold",
    "measure_latencies": "bench",
    "predict_pictures": "folder",
    "register_converter": "registered",
}

__all__ = [
    "BACKENDS",
    "Difference",
    "Failure",
    "Measurement",
    "MissingBackendError",
    "NotMeasured",
    "Prediction",
    "Runtime",
    "UnsupportedLayerError",
    "compare",
    "compile",
    "export",
    "fold_batch_norm",
    "measure_latencies",
    "predict_pictures",
    "register_converter",
]


if not TYPE_CHECKING:  # a type checker that saw this would believe in any name
    __getattr__, __dir__ = lazy_names(__name__, _HOMES, __all__)
