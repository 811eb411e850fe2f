"""The common call of the backends, and what importing them costs."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from deploy_models import narrow_model
from narrow import noise

from bnn_zoo import deploy
from bnn_zoo.deploy import backends


def test_importing_loads_no_backend_and_no_tensorflow() -> None:
    heavy = ("tensorflow", "larq", "openvino", "larq_compute_engine")
    loaded = f"import sys, bnn_zoo.deploy; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_keras_is_a_backend() -> None:
    model = narrow_model("quicknet")
    runtime = deploy.compile(model, "keras")
    assert isinstance(runtime, deploy.Runtime)
    assert np.allclose(runtime.predict(noise(batch=5), batch_size=2), model.predict(noise(batch=5), verbose=0), atol=1e-6)
    assert runtime.predict(noise()[:0]).shape == (0, 10)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"backend": "onnx"}, "backend is 'onnx'; it must be one of openvino, lce, keras"),
        ({"threads": 0}, "threads is 0"),
        ({"backend": "keras", "threads": 2}, "set_intra_op_parallelism_threads"),
    ],
)
def test_wrong_arguments(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        deploy.compile(narrow_model("quicknet"), **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(("backend", "command"), [("openvino", "pip install openvino"), ("lce", "pip install larq-compute-engine")])
def test_a_missing_backend_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch, backend: str, command: str) -> None:
    monkeypatch.setitem(backends._PACKAGES, backend, "not_installed_here")
    with pytest.raises(deploy.MissingBackendError, match=command):
        deploy.compile(narrow_model("quicknet"), backend)  # type: ignore[arg-type]
