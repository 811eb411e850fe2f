"""From labelled pictures, in memory or streamed, to the batches that a step takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np

from bnn_zoo._keras import Tensor, tf
from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.data.images import ImageError
from bnn_zoo.data.mask_dataset import MaskDataset
from bnn_zoo.data.preprocessing import apply_preprocessing
from bnn_zoo.data.preprocessing_settings import Preprocessing
from bnn_zoo.data.streamed_dataset import StreamedDataset
from bnn_zoo.training.augmentation import BOX_DRAWS, crop_and_flip, cutout, random_box
from bnn_zoo.training.rand_augment import rand_augment
from bnn_zoo.training.recipe import Recipe

Dataset: TypeAlias = ImageDataset | StreamedDataset | MaskDataset

#: Bytes of prepared pictures that are kept for the next evaluation instead of being read once more.
_KEPT = 2**30

#: Added to the step, for random numbers that have nothing to do with those of the shift.
_CUTOUT = 2**40
_OPERATIONS = 2**41


def steps_per_epoch(dataset: Dataset, recipe: Recipe) -> int:
    """How many whole batches an epoch has; the last incomplete one is left out.

    Raises:
        ValueError: if there are fewer pictures than a batch holds.
    """
    if len(dataset) < recipe.batch_size:
        raise ValueError(
            f"batch_size is {recipe.batch_size}, but there are only {len(dataset)} training pictures; take a smaller one."
        )
    return len(dataset) // recipe.batch_size


def check_kind(dataset: Dataset, recipe: Recipe) -> None:
    """Refuses what a recipe does with classes of pictures where the data have classes of pixels.

    Raises:
        ValueError: naming the recipe's field.
    """
    if not isinstance(dataset, MaskDataset):
        return
    if recipe.label_smoothing:
        raise ValueError(f"label_smoothing is {recipe.label_smoothing}; classes of pixels cannot be smoothed, set 0.")
    if recipe.cutout:
        raise ValueError(f"cutout is {recipe.cutout}; pixels whose classes are learned cannot be hidden, set 0.")
    if recipe.rand_augment:
        raise ValueError(f"rand_augment is {recipe.rand_augment}; masks are not moved with their pictures by it, set 0.")
    if recipe.l2:
        raise ValueError(f"l2 is {recipe.l2}; classes of pixels cannot be trained with it, set 0.")


def training_batches(dataset: Dataset, recipe: Recipe, preprocessing: Preprocessing, first_step: int = 0) -> tf.data.Dataset:
    """Shuffled, augmented, normalized batches, epoch after epoch without end.

    What a step sees depends on the pictures, the recipe's seed and the number of the step alone, so that a run can go on from any
    step; nothing is read of the steps that are left out. Whether pictures of the right size are in memory or streamed makes no
    difference. In place of a picture that is to be skipped comes the next one that can be read.

    Args:
        dataset: pictures. Iterate inside `picture_errors` if they are streamed.
        recipe: gives batch size, augmentation, label smoothing and seed.
        preprocessing: gives input size, mean and standard deviation.
        first_step: how many steps to leave out.

    Returns:
        A data set of ((batch, height, width, 3) float32, (batch, classes) float32). Of pictures with masks a data set of ((batch,
        height, width, 3) float32, (batch, height, width) int32, and such a float32): classes of pixels, and their weights, 0 where
        no class is known.

    Raises:
        ValueError: if there are fewer pictures than a batch holds, or as `check_kind`.
    """
    steps = steps_per_epoch(dataset, recipe)
    classes = len(dataset.class_names)
    check_kind(dataset, recipe)

    def epoch(number: Tensor) -> tf.data.Dataset:
        # Numbers are shuffled, not pictures: the whole data set is one buffer.
        order = tf.random.experimental.stateless_shuffle(tf.range(len(dataset)), seed=[recipe.seed, number])
        return tf.data.Dataset.from_tensor_slices(order).batch(recipe.batch_size, drop_remainder=True)

    def finish(step: Tensor, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, ...]:
        pictures, labels = batch
        if recipe.augmentation == "crop_and_flip":
            pictures = crop_and_flip(pictures, [recipe.seed, step], recipe.padding)
        if isinstance(dataset, MaskDataset):
            return _with_classes_of_pixels(pictures, preprocessing)
        if recipe.rand_augment:
            pictures = rand_augment(pictures, recipe.rand_augment, [recipe.seed, _OPERATIONS + step], preprocessing.mean)
        smooth = recipe.label_smoothing
        targets = tf.one_hot(labels, classes) * (1.0 - smooth) + smooth / classes
        pictures = normalize(pictures, preprocessing)
        if recipe.cutout:
            pictures = cutout(pictures, recipe.cutout, seed=[recipe.seed, _CUTOUT + step])
        return pictures, targets

    indices = tf.data.Dataset.counter(first_step // steps).flat_map(epoch).skip(first_step % steps)
    if _fits(dataset, preprocessing) and recipe.augmentation != "random_resized_crop":
        batches = _gathered(dataset, indices)
    else:
        batches = _read(dataset, indices.enumerate(first_step), recipe, preprocessing)
    return batches.enumerate(first_step).map(finish, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def evaluation_batches(dataset: Dataset, preprocessing: Preprocessing, batch_size: int = 250) -> tf.data.Dataset:
    """Batches in order, cropped, resized and normalized as the network will be used; pictures that are to be skipped are missing.

    Returns:
        A data set as `training_batches` gives it, the last batch smaller. What it read from elsewhere it keeps for the next time,
        if that is at most 1 GiB. Pictures with masks are never kept, and all of their square centre is scored.
    """
    classes = len(dataset.class_names)
    indices = tf.data.Dataset.range(len(dataset))
    if isinstance(dataset, MaskDataset):
        return _masks_in_order(dataset, preprocessing, batch_size)
    if _fits(dataset, preprocessing) and preprocessing.crop == 1.0:
        batches = _gathered(dataset, indices.batch(batch_size))
        return batches.map(lambda images, labels: (normalize(images, preprocessing), tf.one_hot(labels, classes))).prefetch(2)

    def load(index: int) -> tuple[np.ndarray, np.int64]:
        try:
            picture, label = dataset.read(index)
        except ImageError:
            if dataset.on_bad == "stop":  # type: ignore[union-attr]  # a picture in memory can be read
                raise
            return np.zeros((*preprocessing.input_size, 3), np.float32), np.int64(-1)
        return apply_preprocessing(picture, preprocessing)[0], np.int64(label)

    def read(index: Tensor) -> tuple[Tensor, Tensor]:
        return _loaded(load, [index], tf.float32, (*preprocessing.input_size, 3))

    pictures = indices.map(read, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    if getattr(dataset, "on_bad", "stop") == "skip":
        pictures = pictures.filter(lambda picture, label: label >= 0)
    batches = pictures.batch(batch_size).map(lambda images, labels: (images, tf.one_hot(labels, classes)))
    height, width = preprocessing.input_size
    if len(dataset) * height * width * 3 * 4 <= _KEPT:
        batches = batches.cache()
    return batches.prefetch(2)


@contextmanager
def picture_errors(*datasets: Dataset | None) -> Iterator[None]:
    """What surrounds the use of batches from streamed pictures: one that cannot be read is named, which TensorFlow does not do.

    Raises:
        ImageError: a picture cannot be read (with on_bad="stop").
    """
    try:
        yield
    except tf.errors.OpError as error:
        for dataset in datasets:
            if isinstance(dataset, StreamedDataset) and dataset.failure is not None:
                raise dataset.failure from error
        raise


def normalize(images: Tensor, preprocessing: Preprocessing) -> Tensor:
    """uint8 pictures to float32: mean and standard deviation of each channel."""
    mean = tf.constant(preprocessing.mean, tf.float32) * 255.0
    std = tf.constant(preprocessing.std, tf.float32) * 255.0
    return (tf.cast(images, tf.float32) - mean) / std


def _fits(dataset: Dataset, preprocessing: Preprocessing) -> bool:
    return isinstance(dataset, ImageDataset) and dataset.images.shape[1:3] == preprocessing.input_size


def _gathered(dataset: Dataset, indices: tf.data.Dataset) -> tf.data.Dataset:
    """Batches of pictures and classes from memory, by batches of indices."""
    assert isinstance(dataset, ImageDataset)
    # On the host, also where there is a GPU: it is to get batches, not the data set.
    with tf.device("/CPU:0"):
        images, labels = tf.constant(dataset.images), tf.constant(dataset.labels)
    return indices.map(lambda batch: (tf.gather(images, batch), tf.gather(labels, batch)), num_parallel_calls=tf.data.AUTOTUNE)


def _read(dataset: Dataset, batches: tf.data.Dataset, recipe: Recipe, preprocessing: Preprocessing) -> tf.data.Dataset:
    """Batches of pictures and classes, read one by one and side by side, by (step, indices)."""
    size = preprocessing.input_size
    cropped = recipe.augmentation == "random_resized_crop"

    def load(index: int, draws: np.ndarray) -> tuple[np.ndarray, np.int64]:
        def one(number: int) -> tuple[np.ndarray, int]:
            if not cropped:
                return dataset.read_fitted(number, size)
            *place, mirror = draws.tolist()
            picture, label = dataset.read_cropped(number, size, lambda height, width: random_box(height, width, place))
            return np.ascontiguousarray(picture[:, ::-1]) if mirror < 0.5 else picture, label

        picture, label = one(index) if isinstance(dataset, ImageDataset) else dataset.instead(index, one)
        return picture, np.int64(label)

    def spread(step: Tensor, indices: Tensor) -> tuple[Tensor, Tensor]:
        return indices, tf.random.stateless_uniform([recipe.batch_size, BOX_DRAWS + 1], seed=[recipe.seed, step])

    def read(index: Tensor, draws: Tensor) -> tuple[Tensor, Tensor]:
        return _loaded(load, [index, draws], tf.uint8, (*size, 4 if isinstance(dataset, MaskDataset) else 3))

    pictures = batches.map(spread).unbatch().map(read, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    return pictures.batch(recipe.batch_size, drop_remainder=True)


def _masks_in_order(dataset: MaskDataset, preprocessing: Preprocessing, batch_size: int) -> tf.data.Dataset:
    def load(index: int) -> tuple[np.ndarray, np.int64]:
        pixels, label = dataset.read_fitted(index, preprocessing.input_size)
        return pixels, np.int64(label)

    def read(index: Tensor) -> Tensor:
        return _loaded(load, [index], tf.uint8, (*preprocessing.input_size, 4))[0]

    pixels = tf.data.Dataset.range(len(dataset)).map(read, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    return pixels.batch(batch_size).map(lambda batch: _with_classes_of_pixels(batch, preprocessing)).prefetch(2)


def _with_classes_of_pixels(pixels: Tensor, preprocessing: Preprocessing) -> tuple[Tensor, Tensor, Tensor]:
    """Pictures, classes and weights, of pictures with their masks behind them as `MaskDataset` gives them."""
    classes = tf.cast(pixels[..., 3], tf.int32) - 1
    return normalize(pixels[..., :3], preprocessing), tf.maximum(classes, 0), tf.cast(classes >= 0, tf.float32)


def _loaded(load: Any, arguments: list[Tensor], kind: Any, shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    picture, label = tf.numpy_function(load, arguments, (kind, tf.int64), stateful=False)
    return tf.ensure_shape(picture, shape), tf.ensure_shape(label, ())
