"""Pictures of several files here."""

from __future__ import annotations

import numpy as np
import pytest

from bnn_zoo.data.image_dataset import ImageDataset


@pytest.fixture(scope="module")
def noise() -> ImageDataset:
    """48 pictures of 4 classes, in which there is nothing to learn."""
    rng = np.random.default_rng(0)
    return ImageDataset(rng.integers(0, 256, (48, 32, 32, 3)).astype("uint8"), np.arange(48) % 4, tuple("abcd"))
