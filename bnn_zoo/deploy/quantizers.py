"""What larq's quantizers do, as far as a deployed network must know it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bnn_zoo._keras import larq, tf

_PROBE = np.array([-1e18, -3, -1.5, -1, -0.5, -1e-3, -1e-30, -0.0, 0.0, 1e-30, 1e-3, 0.5, 1, 1.5, 3, 1e18], np.float32)


@dataclass(frozen=True)
class BinaryKernel:
    """A kernel that is a sign times a scale.

    Args:
        signs: float32 +1 or -1, the kernel's shape, filters last.
        scale: float32, (filters,), not negative.
    """

    signs: np.ndarray
    scale: np.ndarray

    @property
    def scaled(self) -> bool:
        return bool(np.any(self.scale != 1))


def is_sign(quantizer: Any) -> bool:
    """Whether a quantizer's forward pass is sign with sign(0) = +1, whatever its pseudo-gradient."""
    if quantizer is None:
        return False
    # One that computes in half precision rounds small numbers to 0, whose sign is +1.
    probe = tf.cast(_PROBE, getattr(quantizer, "compute_dtype", None) or tf.float32)
    try:
        values = np.asarray(quantizer(probe))
    except Exception:  # a callable that takes only images is no sign for us
        return False
    return values.shape == _PROBE.shape and bool(np.all(values == np.where(probe >= 0, 1, -1)))


def activation_bits(quantizer: Any) -> int | None:
    """1 for sign, k for DoReFa activations of k bits, None for everything else (no quantizer too)."""
    if isinstance(quantizer, larq.quantizers.DoReFa) and quantizer.mode == "activations":
        return int(quantizer.precision)
    return 1 if is_sign(quantizer) else None


def quantized_weight(layer: Any, name: str) -> np.ndarray:
    """A layer's kernel as its forward pass uses it, float32."""
    with larq.context.quantized_scope(True):
        return np.asarray(tf.convert_to_tensor(getattr(layer, name)), np.float32)


def binary_kernel(values: np.ndarray) -> BinaryKernel | None:
    """A kernel taken apart into signs and a scale for each filter; None where it is not binary.

    Args:
        values: (..., filters), quantized.
    """
    magnitudes = np.abs(values).reshape(-1, values.shape[-1])
    scale = magnitudes.max(axis=0)
    if np.any(magnitudes.min(axis=0) < scale * np.float32(1 - 1e-6)):
        return None
    return BinaryKernel(np.where(values < 0, np.float32(-1), np.float32(1)), scale)
