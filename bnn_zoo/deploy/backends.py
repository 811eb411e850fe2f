"""The packages behind the backends, loaded when they are asked for."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

_PACKAGES = {"openvino": "openvino", "lce": "larq_compute_engine"}
_INSTALL = {"openvino": "pip install openvino", "lce": "pip install larq-compute-engine"}


class MissingBackendError(ImportError):
    """A backend whose package is not installed."""


def check_backend(backend: str) -> None:
    """Whether a backend's package is there, without loading it, which takes seconds.

    Args:
        backend: "openvino" or "lce"; all else needs no package of its own.

    Raises:
        MissingBackendError: if it is not installed, with the command that installs it.
    """
    if backend in _PACKAGES and importlib.util.find_spec(_PACKAGES[backend]) is None:
        raise _missing(backend, "it is not installed")


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
        raise _missing(backend, str(error)) from error


def _missing(backend: str, reason: str) -> MissingBackendError:
    return MissingBackendError(
        f"the backend {backend!r} needs the package {_PACKAGES[backend]}, which cannot be imported ({reason}). "
        f"Install it: {_INSTALL[backend]}"
    )
