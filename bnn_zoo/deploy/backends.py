"""The packages behind the backends, loaded when they are asked for."""

from __future__ import annotations

import importlib
from typing import Any

_PACKAGES = {"openvino": "openvino", "lce": "larq_compute_engine"}
_INSTALL = {"openvino": "pip install openvino", "lce": "pip install larq-compute-engine"}


class MissingBackendError(ImportError):
    """A backend whose package is not installed."""


def load_backend(backend: str) -> Any:
    """The package of a backend.

    Args:
        backend: "openvino" or "lce".

    Raises:
        MissingBackendError: if it is not installed, with the command that installs it.
    """
    try:
        return importlib.import_module(_PACKAGES[backend])
    except ImportError as error:
        raise MissingBackendError(
            f"the backend {backend!r} needs the package {_PACKAGES[backend]}, which cannot be imported ({error}). "
            f"Install it: {_INSTALL[backend]}"
        ) from error
