"""From a per-channel function followed by sign to a threshold: found by bisection over the float32 numbers, so that it is exact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

#: The largest float32 below zero that no processor mode flushes to zero.
BELOW_ZERO = np.float32(-np.finfo(np.float32).tiny)

#: No feature is larger; thresholds beyond it mean "always" or "never".
LIMIT = np.float32(1e18)


@dataclass(frozen=True)
class Thresholds:
    """Where the sign of a function of x changes, for each channel.

    Args:
        limit: float32, (channels,). Above it, not at it, a rising channel is +1.
        rising: bool, (channels,). A falling channel is +1 at the limit and below.
    """

    limit: np.ndarray
    rising: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """+1.0 or -1.0, of the shape of x (..., channels)."""
        return np.where((x > self.limit) == self.rising, np.float32(1), np.float32(-1))


def sign_thresholds(channels: int) -> Thresholds:
    """Those of sign itself, with sign(0) = +1."""
    return Thresholds(np.full(channels, BELOW_ZERO, np.float32), np.ones(channels, bool))


def find_thresholds(function: Callable[[np.ndarray], np.ndarray], channels: int) -> Thresholds:
    """Where `function(x) >= 0` changes.

    Args:
        function: takes and gives float32 (channels,), in each channel monotone, rising or falling or constant.
        channels: how many.

    Returns:
        The thresholds that give sign(function(x)), with sign(0) = +1, for every float32 x that is not denormal.
    """
    low, high = np.full(channels, _key(-LIMIT)), np.full(channels, _key(LIMIT))
    at_low, at_high = function(_value(low)) >= 0, function(_value(high)) >= 0
    # A constant channel is a rising one whose limit lies beyond all features.
    rising = at_high | ~at_low
    for _ in range(33):
        middle = (low + high) // 2
        positive = function(_value(middle)) >= 0
        lower_side = positive != rising
        low, high = np.where(lower_side, middle, low), np.where(lower_side, high, middle)
    limit = _value(low)
    constant = at_low == at_high
    limit = np.where(constant, np.where(at_high, -LIMIT, LIMIT), limit)
    # Between zero and the smallest normal number processors may see zeros.
    limit = np.where((limit < 0) & (limit > BELOW_ZERO), BELOW_ZERO, limit)
    limit = np.where((limit > 0) & (limit < -BELOW_ZERO), np.float32(0), limit)
    return Thresholds(limit.astype(np.float32), rising)


def _key(value: np.float32) -> int:
    bits = int(np.float32(value).view(np.int32))
    return bits if bits >= 0 else -(bits & 0x7FFFFFFF)


def _value(keys: np.ndarray) -> np.ndarray:
    magnitude = np.abs(keys).astype(np.int32).view(np.float32)
    return np.where(keys < 0, -magnitude, magnitude).astype(np.float32)
