"""How far outputs are apart."""

from __future__ import annotations

import numpy as np
import pytest

from bnn_zoo import deploy


class Given:
    """A runtime of known outputs."""

    backend = "given"

    def __init__(self, outputs: np.ndarray) -> None:
        self._outputs = outputs

    def predict(self, images: np.ndarray, batch_size: int) -> np.ndarray:
        return self._outputs


def test_an_output_that_is_no_number_is_beyond_every_tolerance() -> None:
    outputs = np.eye(4, dtype=np.float32)
    broken = outputs.copy()
    broken[1], broken[2, 0] = np.nan, np.nan
    broken[3] += 0.5
    assert deploy.compare(Given(outputs), Given(broken), outputs).beyond == 3
    assert deploy.compare(Given(outputs), Given(outputs), outputs).beyond == 0


def test_outputs_of_different_shapes_are_refused() -> None:
    outputs = np.eye(4, dtype=np.float32)
    with pytest.raises(ValueError, match=r"\(4, 4\), the other \(4, 1\)"):
        deploy.compare(Given(outputs), Given(outputs[:, :1]), outputs)
