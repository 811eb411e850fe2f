"""The parts of a dataset have to fit together."""

from __future__ import annotations

import numpy as np
import pytest

from bnn_zoo.data.image_dataset import ImageDataset


def test_a_dataset_has_to_fit_together() -> None:
    images, labels = np.zeros((2, 4, 4, 3), np.uint8), np.array([0, 1])
    for wrong in (
        lambda: ImageDataset(images.astype(np.float32), labels, ("a", "b")),
        lambda: ImageDataset(images, labels[:1], ("a", "b")),
        lambda: ImageDataset(images, labels, ("a",)),
    ):
        with pytest.raises(ValueError, match="has to be|have to be"):
            wrong()
