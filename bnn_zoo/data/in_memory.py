"""All pictures of a set decoded into memory."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from bnn_zoo._cores import available_cores
from bnn_zoo.data.image_dataset import ImageDataset
from bnn_zoo.data.images import ImageError
from bnn_zoo.data.streamed_dataset import StreamedDataset

_PICTURES_A_TASK = 256


class DifferentSizesError(ValueError):
    """Pictures of different sizes have no place in one array."""


def into_memory(dataset: StreamedDataset, size: tuple[int, int] | None) -> ImageDataset:
    """Decodes all pictures, several at a time.

    Args:
        dataset: which.
        size: (height, width) that they are brought to; None takes them as they are.

    Returns:
        The pictures that could be read, in their order.

    Raises:
        DifferentSizesError: the pictures are of different sizes and `size` is None.
        ValueError: none could be read.
        ImageError: one cannot be read (with on_bad="stop").
    """
    images: np.ndarray | None = None
    labels: list[int] = []
    first = 0
    with ThreadPoolExecutor(max_workers=min(8, available_cores())) as pool:
        blocks = [range(start, min(start + _PICTURES_A_TASK, len(dataset))) for start in range(0, len(dataset), _PICTURES_A_TASK)]
        try:
            for block in pool.map(lambda block: [_decoded(dataset, index, size) for index in block], blocks):
                for index, result in block:
                    if result is None:
                        continue
                    image, label = result
                    if images is None:
                        images, first = np.empty((len(dataset), *image.shape), np.uint8), index
                    if image.shape != images.shape[1:]:
                        raise DifferentSizesError(_different_sizes(dataset, first, images[0], index, image))
                    images[len(labels)] = image
                    labels.append(label)
        except BaseException:
            # Otherwise leaving the pool would first decode everything that is still waiting.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    if images is None:
        raise ValueError(dataset.none_readable())
    return ImageDataset(images[: len(labels)], np.array(labels, np.int64), dataset.class_names, dataset.skipped)


def _decoded(dataset: StreamedDataset, index: int, size: tuple[int, int] | None) -> tuple[int, tuple[np.ndarray, int] | None]:
    try:
        return index, dataset.read(index) if size is None else dataset.read_fitted(index, size)
    except ImageError:
        if dataset.on_bad == "stop":
            raise
        return index, None


def _different_sizes(dataset: StreamedDataset, first: int, first_image: np.ndarray, index: int, image: np.ndarray) -> str:
    pictures = dataset.pictures
    return (
        f"source {pictures.source!r} has pictures of different sizes: {pictures.name(first)!r} has height and width "
        f"{first_image.shape[:2]}, {pictures.name(index)!r} has {image.shape[:2]}: bring them to one size, or have it done by "
        "size=(height, width)"
    )
