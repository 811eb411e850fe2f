"""The common call of the backends, and what importing them costs."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from deploy_models import narrow_model
from fresh_process import printed_by
from narrow import noise

from bnn_zoo import deploy
from bnn_zoo._cores import available_cores
from bnn_zoo._keras import keras, tf
from bnn_zoo.deploy import backends


def test_importing_loads_no_backend_and_no_tensorflow() -> None:
    heavy = ("tensorflow", "larq", "openvino", "larq_compute_engine", "numpy", "PIL", "bnn_zoo.blocks", "bnn_zoo.models")
    loaded = f"import sys, bnn_zoo.deploy; print([name for name in {heavy} if name in sys.modules])"
    assert printed_by(loaded) == "[]"


def test_keras_is_a_backend() -> None:
    model = narrow_model("quicknet")
    runtime = deploy.compile(model, "keras")
    assert isinstance(runtime, deploy.Runtime)
    assert np.allclose(runtime.predict(noise(batch=5), batch_size=2), model.predict(noise(batch=5), verbose=0), atol=1e-6)
    assert runtime.predict(noise()[:0]).shape == (0, 10)


def test_no_pictures() -> None:
    images = keras.Input((4, 4, 3))
    model = keras.Model(images, keras.layers.Dense(5)(tf.reshape(images, (-1, 48))))
    runtime = deploy.compile(model, "keras")
    assert runtime.predict(noise(4, 4)[:0]).shape == (0, 5)
    with pytest.raises(ValueError, match="batch_size is 0"):
        runtime.predict(noise(4, 4)[:0], batch_size=0)
    assert deploy.compare(model, runtime, noise(4, 4)[:0]).pictures == 0


@pytest.mark.parametrize("backend", ["keras", "openvino", "lce"])
def test_numbers_are_whole_and_may_be_numpys(backend: str) -> None:
    pytest.importorskip({"keras": "tensorflow", "openvino": "openvino", "lce": "larq_compute_engine"}[backend])
    images = keras.Input((4, 4, 3))
    model = keras.Model(images, keras.layers.ReLU()(images))
    runtime = deploy.compile(model, backend, None if backend == "keras" else np.int64(1))  # type: ignore[arg-type]
    for batch_size in (None, "4", 2.5, True, 0):
        with pytest.raises(ValueError, match=f"batch_size is {batch_size!r}; it must be a whole number above 0"):
            runtime.predict(noise(4, 4), batch_size=batch_size)  # type: ignore[arg-type]
    assert runtime.predict(noise(4, 4), batch_size=np.int64(2)).shape == noise(4, 4).shape


def test_cores_are_those_that_the_process_may_use() -> None:
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("the system does not tie processes to cores")
    tied = "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})"
    script = f"import os; from bnn_zoo._cores import available_cores; {tied}; print(available_cores())"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "1\n"
    assert available_cores() == len(os.sched_getaffinity(0))


def test_bytes_are_no_prepared_pictures() -> None:
    with pytest.warns(UserWarning, match="images are uint8; .* bnn_zoo.preprocess"):
        deploy.compile(narrow_model("quicknet"), "keras").predict(
            np.zeros((1, *narrow_model("quicknet").input_shape[1:]), np.uint8)
        )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"backend": "onnx"}, "backend is 'onnx'; it must be one of openvino, lce, keras"),
        ({"threads": 0}, "threads is 0"),
        ({"threads": True}, "threads is True"),
        ({"backend": "keras", "threads": 2}, "set_intra_op_parallelism_threads"),
    ],
)
def test_wrong_arguments(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        deploy.compile(narrow_model("quicknet"), **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("backend", ["keras", "openvino", "lce"])
def test_several_inputs_or_outputs_are_refused(backend: deploy.runtime.Backend) -> None:
    pytest.importorskip({"keras": "tensorflow", "openvino": "openvino", "lce": "larq_compute_engine"}[backend])
    images, others, features = keras.Input((4, 4, 3)), keras.Input((4, 4, 3)), keras.Input((7,))
    total = keras.layers.Add()([images, others])
    single = {"images": images}
    for model in (
        keras.Model(images, [keras.layers.ReLU()(images), keras.layers.Flatten()(images)]),
        keras.Model([images, others], total),
        keras.Model((images, others), total),
        keras.Model(single, keras.layers.ReLU()(images)),
        keras.Model(features, keras.layers.Dense(3)(features)),
    ):
        with pytest.raises(ValueError, match="one input .* and one output"):
            deploy.compile(model, backend)


def test_predictions_are_float32_in_mixed_precision() -> None:
    images = keras.Input((4, 4, 3))
    model = keras.Model(images, keras.layers.Dense(3, dtype="mixed_bfloat16")(keras.layers.Flatten()(images)))
    given = deploy.compile(model, "keras").predict(noise(4, 4))
    assert given.dtype == np.float32
    assert np.array_equal(given, model.predict(noise(4, 4), verbose=0).astype(np.float32))


@pytest.mark.parametrize(("backend", "command"), [("openvino", "pip install openvino"), ("lce", "pip install larq-compute-engine")])
def test_a_missing_backend_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch, backend: str, command: str) -> None:
    monkeypatch.setitem(backends._PACKAGES, backend, "not_installed_here")
    with pytest.raises(deploy.MissingBackendError, match=command):
        deploy.compile(narrow_model("quicknet"), backend)  # type: ignore[arg-type]
