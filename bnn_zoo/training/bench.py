"""How fast this package trains, beside the plain loop of larq-zoo (`bnn-zoo train-bench`)."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from bnn_zoo._keras import Tensor, keras, tf
from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.data.preprocessing_settings import Preprocessing
from bnn_zoo.inference import preprocessing_of
from bnn_zoo.models import find_architecture
from bnn_zoo.models.larq_zoo import larq_zoo_factory
from bnn_zoo.training.optimizers import make_optimizer
from bnn_zoo.training.pipeline import training_batches
from bnn_zoo.training.precision import computing_in
from bnn_zoo.training.probe import fastest, in_turn
from bnn_zoo.training.recipe import PRECISIONS, Precision, Recipe
from bnn_zoo.zoo import create_model

_PICTURES = 2000
_SECONDS = 3.0  # that the input pipeline is measured for
_PLAIN, _OWN = 0, 1


@dataclass(frozen=True)
class TrainingSpeed:
    """What was measured, medians.

    Args:
        network: its name.
        size: height and width of the pictures.
        batch_size: pictures a step.
        plain_model: whose network the plain loop trained: "larq_zoo", or "bnn_zoo" where that does not have the same one (for
            small pictures many of its networks have another stem), or is not installed.
        plain_steps: of the plain loop in float32, a second.
        steps: of this package, a second.
        speedup: how many times as many.
        precision: of this package's steps.
        xla: whether they were compiled with XLA.
        pipeline: pictures a second that the input pipeline delivers alone.
        pipeline_share: how many times as many as the steps take.
        rounds: how often each was measured, one after the other.
    """

    network: str
    size: int
    batch_size: int
    plain_model: str
    plain_steps: float
    steps: float
    speedup: float
    precision: str
    xla: bool
    pipeline: float
    pipeline_share: float
    rounds: int


@dataclass(frozen=True)
class SpeedSettings:
    """How training is measured.

    Args:
        size: height and width of the pictures.
        batch_size: pictures a step.
        precision: of this package's steps; "auto" measures which is the fastest.
        xla: likewise.
        steps: in one run.
        rounds: runs of each loop, in turn.
        arguments: of the network.
    """

    size: int = 32
    batch_size: int = 128
    precision: Precision | Literal["auto"] = "auto"
    xla: bool | Literal["auto"] = "auto"
    steps: int = 4
    rounds: int = 5
    arguments: Mapping[str, Any] = field(default_factory=dict)


def measure_training(network: str, settings: SpeedSettings, say: Callable[[str], object] = print) -> TrainingSpeed:
    """Measures training steps on random pictures, in this process, beside the plain loop of larq-zoo.

    Both train with Adam through keras fit, on 10 classes, from pictures in memory.

    Args:
        network: its name.
        settings: how.
        say: is told what the choice of precision and XLA measured.

    Raises:
        ValueError: for an unknown network, or settings below 1.
    """
    for name in ("size", "batch_size", "steps", "rounds"):
        if getattr(settings, name) < 1:
            raise ValueError(f"{name} is {getattr(settings, name)}; it must be at least 1.")
    find_architecture(network).check_own(settings.arguments)
    shape, size = (settings.size, settings.size, 3), settings.size
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (max(_PICTURES if size < 100 else 0, 2 * settings.batch_size), *shape), np.uint8)
    dataset = ImageDataset(pictures, rng.integers(0, 10, len(pictures)), tuple("abcdefghij"))

    def build() -> keras.Model:
        return create_model(network, input_shape=shape, num_classes=10, **settings.arguments)

    preprocessing = preprocessing_of(build())
    recipe = Recipe(f"{network}.bench", batch_size=settings.batch_size)
    precisions = PRECISIONS if settings.precision == "auto" else (settings.precision,)
    recipe = fastest(build, recipe, precisions, (False, True) if settings.xla == "auto" else (settings.xla,), say)
    plain_model, plain = _plain_loop(network, build, dataset, preprocessing, settings)
    runs = {_PLAIN: plain, _OWN: _own_loop(build, recipe, dataset, preprocessing, settings.steps)}
    in_turn(runs, 2)  # the first steps of a loop trace and fill buffers
    seconds = {key: statistics.median(times) for key, times in in_turn(runs, settings.rounds).items()}
    per_second = {key: settings.steps / value for key, value in seconds.items()}
    pipeline = _pictures_a_second(recipe, dataset, preprocessing)
    return TrainingSpeed(
        network=network,
        size=settings.size,
        batch_size=settings.batch_size,
        plain_model=plain_model,
        plain_steps=per_second[_PLAIN],
        steps=per_second[_OWN],
        speedup=per_second[_OWN] / per_second[_PLAIN],
        precision=recipe.precision,
        xla=recipe.xla,
        pipeline=pipeline,
        pipeline_share=pipeline / (per_second[_OWN] * settings.batch_size),
        rounds=settings.rounds,
    )


def _own_loop(build: Any, recipe: Recipe, dataset: ImageDataset, preprocessing: Preprocessing, steps: int) -> Callable[[], object]:
    with computing_in(recipe.precision):
        model = build()
    optimizer = make_optimizer(recipe, steps, model.trainable_variables)
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"], jit_compile=recipe.xla)
    return _fitting(model, training_batches(dataset, recipe, preprocessing), steps)


def _plain_loop(
    network: str, build: Any, dataset: ImageDataset, preprocessing: Preprocessing, settings: SpeedSettings
) -> tuple[str, Callable[[], object]]:
    """What larq_zoo/training/train.py does: cache, shuffle, prepare picture by picture, batch; fit in float32."""
    mean, std = (tf.constant(values, tf.float32) * 255.0 for values in (preprocessing.mean, preprocessing.std))
    margin = settings.size // 8

    def prepare(picture: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        padded = tf.image.resize_with_crop_or_pad(picture, settings.size + 2 * margin, settings.size + 2 * margin)
        cropped = tf.image.random_crop(padded, (settings.size, settings.size, 3))
        return (tf.cast(tf.image.random_flip_left_right(cropped), tf.float32) - mean) / std, label

    batches = tf.data.Dataset.from_tensor_slices((dataset.images, dataset.labels)).cache()
    batches = batches.shuffle(10 * settings.batch_size).repeat().map(prepare, num_parallel_calls=tf.data.AUTOTUNE)
    name, model = _plain_model(network, build, settings)
    metrics = ["sparse_categorical_accuracy", "sparse_top_k_categorical_accuracy"]
    model.compile(keras.optimizers.Adam(), "sparse_categorical_crossentropy", metrics=metrics)
    return name, _fitting(model, batches.batch(settings.batch_size).prefetch(1), settings.steps)


def _plain_model(network: str, build: Any, settings: SpeedSettings) -> tuple[str, keras.Model]:
    own = build()
    try:
        theirs = larq_zoo_factory(network)(input_shape=(settings.size, settings.size, 3), weights=None, num_classes=10)
    except (ImportError, ValueError):
        return "bnn_zoo", own
    return ("larq_zoo", theirs) if _work(theirs) == _work(own) else ("bnn_zoo", own)


def _work(model: keras.Model) -> list[tuple[Any, ...]]:
    """What a network computes, in shapes: of its kernels, and of what they give."""
    return [
        (tuple(weight.shape), tuple(layer.output_shape))
        for layer in model.layers
        for weight in layer.weights
        if weight.name.partition(":")[0].endswith("kernel")
    ]


def _fitting(model: keras.Model, batches: Any, steps: int) -> Callable[[], object]:
    iterator = iter(batches)  # kept, so that no run pays for filling buffers
    return lambda: model.fit(iterator, steps_per_epoch=steps, verbose=0)


def _pictures_a_second(recipe: Recipe, dataset: ImageDataset, preprocessing: Preprocessing) -> float:
    batches = iter(training_batches(dataset, recipe, preprocessing))
    for _ in range(4):
        next(batches)
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < _SECONDS:
        next(batches)
        count += recipe.batch_size
    return count / (time.perf_counter() - start)
