"""From pictures in memory to the batches that a step takes."""

from __future__ import annotations

from typing import Any

import numpy as np

from bnn_zoo._keras import Tensor, keras, tf
from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.data.preprocessing import Preprocessing
from bnn_zoo.training.recipe import Recipe


def steps_per_epoch(dataset: ImageDataset, recipe: Recipe) -> int:
    """How many whole batches an epoch has; the last incomplete one is left out.

    Raises:
        ValueError: if there are fewer pictures than a batch holds.
    """
    if len(dataset) < recipe.batch_size:
        raise ValueError(
            f"batch_size is {recipe.batch_size}, but there are only {len(dataset)} training pictures; take a smaller one."
        )
    return len(dataset) // recipe.batch_size


def training_batches(dataset: ImageDataset, recipe: Recipe, preprocessing: Preprocessing, first_step: int = 0) -> tf.data.Dataset:
    """Shuffled, augmented, normalized batches, epoch after epoch without end.

    What a step sees depends on the recipe's seed and the number of the step alone, so that a run can go on from any step.

    Args:
        dataset: pictures of one size.
        recipe: gives batch size, augmentation, label smoothing and seed.
        preprocessing: gives mean and standard deviation.
        first_step: how many steps to leave out.

    Returns:
        A data set of ((batch, height, width, 3) float32, (batch, classes) float32).

    Raises:
        ValueError: if there are fewer pictures than a batch holds.
    """
    steps = steps_per_epoch(dataset, recipe)
    # Indices are shuffled, not pictures: the whole data set is one buffer and stays where it is.
    images, labels = tf.constant(dataset.images), tf.constant(dataset.labels)
    classes = len(dataset.class_names)

    def epoch(number: Tensor) -> tf.data.Dataset:
        order = tf.random.experimental.stateless_shuffle(tf.range(len(dataset)), seed=[recipe.seed, number])
        return tf.data.Dataset.from_tensor_slices(order).batch(recipe.batch_size, drop_remainder=True)

    def batch(step: Tensor, indices: Tensor) -> tuple[Tensor, Tensor]:
        pictures = tf.gather(images, indices)
        if recipe.augmentation == "crop_and_flip":
            pictures = crop_and_flip(pictures, seed=[recipe.seed, step])
        smooth = recipe.label_smoothing
        targets = tf.one_hot(tf.gather(labels, indices), classes) * (1.0 - smooth) + smooth / classes
        return normalize(pictures, preprocessing), targets

    indices = tf.data.Dataset.counter(first_step // steps).flat_map(epoch).skip(first_step % steps)
    return indices.enumerate(first_step).map(batch, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def evaluation_batches(dataset: ImageDataset, preprocessing: Preprocessing, batch_size: int = 250) -> tf.data.Dataset:
    """Normalized batches in order: ((batch, height, width, 3) float32, (batch, classes) float32)."""
    images, labels = tf.constant(dataset.images), np.asarray(dataset.labels)
    targets = tf.one_hot(labels, len(dataset.class_names))
    batches = tf.data.Dataset.range(len(dataset)).batch(batch_size)
    return batches.map(lambda i: (normalize(tf.gather(images, i), preprocessing), tf.gather(targets, i))).prefetch(2)


def normalize(images: Tensor, preprocessing: Preprocessing) -> Tensor:
    """uint8 pictures to float32: mean and standard deviation of each channel."""
    mean = tf.constant(preprocessing.mean, tf.float32) * 255.0
    std = tf.constant(preprocessing.std, tf.float32) * 255.0
    return (tf.cast(images, tf.float32) - mean) / std


def crop_and_flip(images: Tensor, seed: Any) -> Tensor:
    """Shifts each picture by up to an eighth of its size (zeros come in) and mirrors half of them.

    Args:
        images: (batch, height, width, channels).
        seed: two integers; the same ones do the same.

    Returns:
        The same shape and type.
    """
    batch, (height, width) = tf.shape(images)[0], images.shape[1:3]
    top, left = height // 8, width // 8
    padded = tf.pad(images, [[0, 0], [top, top], [left, left], [0, 0]])
    down, right, mirror = tf.unstack(tf.random.stateless_uniform([3, batch, 1], seed))
    rows = tf.cast(down * (2 * top + 1), tf.int32) + tf.range(height)
    columns = tf.cast(right * (2 * left + 1), tf.int32) + tf.range(width)
    mirrored = mirror < 0.5
    columns = tf.where(mirrored, tf.reverse(columns, [1]), columns)
    shifted = tf.gather(padded, rows, batch_dims=1)
    return tf.reshape(tf.gather(shifted, columns, axis=2, batch_dims=1), tf.shape(images))


def make_optimizer(recipe: Recipe, steps: int) -> keras.optimizers.Optimizer:
    """The recipe's optimizer, with its schedule over `steps` steps."""
    rate = recipe.learning_rate
    if recipe.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, steps)
    if recipe.optimizer == "sgd":
        return keras.optimizers.SGD(rate, momentum=0.9)
    return keras.optimizers.Adam(rate)
