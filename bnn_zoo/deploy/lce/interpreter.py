"""Larq Compute Engine's interpreter of a .tflite file."""

from __future__ import annotations

from typing import Any

from bnn_zoo._cores import available_cores
from bnn_zoo._silence import silent_stderr
from bnn_zoo.deploy.registered import UnsupportedLayerError


def load(content: bytes, threads: int | None = None) -> Any:
    """An interpreter that is ready to run.

    Args:
        content: of a .tflite file.
        threads: how many; all cores if not given.

    Raises:
        UnsupportedLayerError: if the engine cannot run one of the file's operations, with what it says of it.
    """
    from larq_compute_engine.tflite.python.interpreter import Interpreter

    with silent_stderr() as written:
        try:
            return Interpreter(content, num_threads=threads or available_cores())
        except RuntimeError as error:  # which says nothing; the reason goes to standard error
            reasons = [line.removeprefix("ERROR: ").rstrip(". ") for line in written().splitlines() if line.startswith("ERROR: ")]
            raise UnsupportedLayerError(
                f"Larq Compute Engine cannot run this network: {'; '.join(reasons) or error}. Replace the layer that computes "
                "this, or take another backend."
            ) from error
