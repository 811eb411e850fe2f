"""The same network outside Keras: OpenVINO for x86, Larq Compute Engine (LCE) for ARM, a SavedModel for TensorFlow.

    runtime = bnn_zoo.deploy.compile(model, backend="openvino")
    probabilities = runtime.predict(images)
    bnn_zoo.deploy.export(model, "quicknet.tflite")

Importing this room loads neither a backend nor TensorFlow.
"""

from __future__ import annotations

from bnn_zoo.deploy.backends import MissingBackendError
from bnn_zoo.deploy.bench import NotMeasured, measure_latencies
from bnn_zoo.deploy.difference import Difference, compare
from bnn_zoo.deploy.export import export
from bnn_zoo.deploy.fold import fold_batch_norm
from bnn_zoo.deploy.folder import Failure, Prediction, predict_pictures
from bnn_zoo.deploy.registered import UnsupportedLayerError, register_converter
from bnn_zoo.deploy.runtime import BACKENDS, Runtime, compile
from bnn_zoo.deploy.timing import Measurement

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
