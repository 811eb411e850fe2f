"""What a run needs that takes seconds: a narrow network, a few pictures, and a way to be stopped."""

from __future__ import annotations

from typing import Any

import numpy as np

from bnn_zoo._keras import keras
from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.models import find_architecture
from bnn_zoo.models.build import build_model
from bnn_zoo.training import Recipe

SMALL = Recipe("birealnet.noise", epochs=3, batch_size=8, held_out=8, learning_rate=0.01)


def tiny_network(name: str, num_classes: int = 2, filters: int = 8, section_blocks: tuple[int, ...] = (1, 1)) -> Any:
    arguments = {"filters": filters, "section_blocks": section_blocks}
    return build_model(find_architecture(name), input_shape=(32, 32, 3), num_classes=num_classes, arguments=arguments)


def noise_network() -> Any:
    """For the pictures of the fixture `noise`."""
    return tiny_network("birealnet", num_classes=4)


def shades_of(count: int, spread: int = 30, apart: int = 200, names: tuple[str, str] = ("dark", "bright")) -> ImageDataset:
    """Two classes that are told apart by how bright they are."""
    rng = np.random.default_rng(0)
    labels = np.arange(count) % 2
    images = rng.integers(0, spread, (count, 32, 32, 3)) + apart * labels[:, None, None, None]
    return ImageDataset(images.astype("uint8"), labels, names)


class AtStep(keras.callbacks.Callback):
    """Does something once, behind a step of a run; steps are counted from 1."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.left = step

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.left -= 1
        if self.left == 0:
            self.act()

    def act(self) -> None:
        raise NotImplementedError


class Stop(AtStep):
    """Ends a run without a word, as a power cut would."""

    def act(self) -> None:
        raise KeyboardInterrupt
