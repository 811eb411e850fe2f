"""A labelled set of pictures that are read when they are needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias, TypeVar

import numpy as np

from bnn_zoo.data.encoded import EncodedPictures
from bnn_zoo.data.images import ImageError, decode_image
from bnn_zoo.data.resizing import ChooseBox, decode_crop, fitted

T = TypeVar("T")
#: What is done about a picture that cannot be read.
OnBad: TypeAlias = Literal["skip", "stop"]


@dataclass(frozen=True, eq=False)
class StreamedDataset:
    """Pictures with their classes, of any number and sizes. Its `read...` may be called from several threads.

    Attributes:
        pictures: where they lie.
        on_bad: "stop" at a picture that cannot be read, or "skip" it.
        chosen: numbers of the pictures that belong to this data set.
        bad: messages of the pictures that could not be read so far, by their number; shared with the parts of the data set.
    """

    pictures: EncodedPictures
    on_bad: OnBad
    chosen: np.ndarray
    bad: dict[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.chosen)

    @property
    def class_names(self) -> tuple[str, ...]:
        """In the order of the labels."""
        return self.pictures.class_names

    @property
    def labels(self) -> np.ndarray | None:
        """int64 (pictures,); None where a picture's class is known only when it is read."""
        return None if self.pictures.labels is None else self.pictures.labels[self.chosen]

    @property
    def skipped(self) -> tuple[str, ...]:
        """Names of the pictures that could not be read so far and were left out."""
        return tuple(self.pictures.name(number) for number in sorted(self.bad.copy())) if self.on_bad == "skip" else ()

    @property
    def failure(self) -> ImageError | None:
        """What stopped the reading, with on_bad="stop"."""
        return ImageError(next(iter(self.bad.values()))) if self.bad and self.on_bad == "stop" else None

    def part(self, chosen: np.ndarray, *, with_skipped: bool = True) -> StreamedDataset:
        """The pictures that a bool (pictures,) chooses."""
        return replace(self, chosen=self.chosen[chosen])

    def read(self, index: int) -> tuple[np.ndarray, int]:
        """A picture, uint8 (height, width, 3), and the index of its class.

        Raises:
            ImageError: it cannot be read.
        """
        return self._read(index, decode_image)

    def read_fitted(self, index: int, size: tuple[int, int]) -> tuple[np.ndarray, int]:
        """As `read`: the picture's square centre, resized to (height, width)."""
        return self._read(index, lambda data, name: fitted(decode_image(data, name), size))

    def read_cropped(self, index: int, size: tuple[int, int], choose: ChooseBox) -> tuple[np.ndarray, int]:
        """As `read`: the part of the picture that `choose` gives for its height and width, resized to (height, width)."""
        return self._read(index, lambda data, name: decode_crop(data, name, size, choose))

    def instead(self, index: int, read: Callable[[int], T]) -> T:
        """What `read` gives for a picture or, with on_bad="skip" and where it cannot be read, for the next one that can.

        Which one that is depends on the data alone. The next one is nearly always of the same class.

        Raises:
            ImageError: it cannot be read (with on_bad="stop"), or none can.
        """
        for offset in range(len(self)):
            try:
                return read((index + offset) % len(self))
            except ImageError:
                if self.on_bad == "stop":
                    raise
        raise ImageError(self.none_readable())

    def none_readable(self) -> str:
        """What is to be said when all pictures were tried: how many there are, and what is wrong with the first."""
        return f"source {self.pictures.source!r}: none of its {len(self)} pictures could be read; {self.bad[int(self.chosen[0])]}"

    def _read(self, index: int, decode: Callable[[bytes, str], np.ndarray]) -> tuple[np.ndarray, int]:
        number = int(self.chosen[index])
        if number in self.bad:
            raise ImageError(self.bad[number])
        try:
            data, label = self.pictures.read(number)
            return decode(data, self.pictures.shown(number)), label
        except ImageError as error:
            self.bad[number] = str(error)
            raise
