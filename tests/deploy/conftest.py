"""Narrow networks that the tests of all backends share."""

from __future__ import annotations

import pytest
from deploy_models import Sample, narrow_model, sure_pictures
from narrow import DISTINCT, noise


@pytest.fixture(scope="session", params=DISTINCT)
def sample(request: pytest.FixtureRequest) -> Sample:
    """Each network is built once for all backends; none of their tests changes it."""
    model = narrow_model(request.param)
    return Sample(request.param, model, sure_pictures(model, noise(batch=48)))
