"""Thresholds against the functions they stand for, at the very numbers where those change."""

from __future__ import annotations

import numpy as np
import pytest

from bnn_zoo._keras import keras
from bnn_zoo.deploy.steps import batch_norm_step, exactly
from bnn_zoo.deploy.thresholds import BELOW_ZERO, find_thresholds, sign_thresholds


def norm(channels: int = 200, seed: int = 0) -> keras.layers.BatchNormalization:
    layer = keras.layers.BatchNormalization()
    layer.build((None, 1, 1, channels))
    rng = np.random.default_rng(seed)
    layer.set_weights(
        [rng.normal(size=channels), rng.normal(size=channels), rng.normal(0, 30, channels), rng.uniform(0.1, 9, channels)]
    )
    return layer


def test_no_number_around_a_threshold_is_on_the_wrong_side() -> None:
    layer = norm()
    function = exactly([batch_norm_step(layer)])
    thresholds = find_thresholds(function, 200)
    assert set(thresholds.rising.tolist()) == {False, True}
    for steps in range(-3, 4):
        x = thresholds.limit.copy()
        for _ in range(abs(steps)):
            x = np.nextafter(x, np.float32(np.inf) if steps > 0 else np.float32(-np.inf))
        assert np.array_equal(thresholds(x), np.where(function(x) >= 0, 1, -1))


@pytest.mark.parametrize(("beta", "sign"), [(0.5, 1), (-0.5, -1), (0.0, 1)])
def test_gamma_zero_is_the_sign_of_beta(beta: float, sign: int) -> None:
    layer = norm(4)
    layer.set_weights([np.zeros(4), np.full(4, beta), np.ones(4), np.ones(4)])
    thresholds = find_thresholds(exactly([batch_norm_step(layer)]), 4)
    for x in (-1e6, -1.0, 0.0, 1.0, 1e6):
        assert np.all(thresholds(np.full(4, x, np.float32)) == sign)


def test_the_threshold_of_the_identity_is_that_of_sign() -> None:
    assert np.array_equal(find_thresholds(lambda x: x, 3).limit, sign_thresholds(3).limit)
    assert sign_thresholds(1)(np.array([0.0, -0.0, BELOW_ZERO], np.float32)).tolist() == [1, 1, -1]
