"""Where windows move over a picture, along one of its sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Window:
    """A window that moves along one side of a picture, pixels.

    Args:
        length: of the side.
        reach: of the window, from its first pixel to its last.
        stride: from one place to the next.
        start: how far the first place lies before the picture.
        places: how many.
    """

    length: int
    reach: int
    stride: int
    start: int
    places: int

    @property
    def end(self) -> int:
        """How far the last place sticks out behind the picture. Padding beyond it meets no window."""
        return max((self.places - 1) * self.stride - self.start + self.reach - self.length, 0)

    @property
    def is_tensorflow_same(self) -> bool:
        """Whether TensorFlow's "same" padding gives the same places."""
        return self == tensorflow_window(self.length, self.reach, self.stride)

    def lengthened(self) -> Window | None:
        """TensorFlow's "same" padding of a longer side whose first places are these; None where there is none.

        A place that sticks out behind the picture would meet what the side is lengthened by.
        """
        for length in range(self.length, self.length + self.stride):
            longer = tensorflow_window(length, self.reach, self.stride)
            if longer.start == self.start and longer.places >= self.places and (length == self.length or not self.end):
                return longer
        return None


def tensorflow_window(length: int, reach: int, stride: int) -> Window:
    """TensorFlow's "same" padding: an odd pixel goes to the end."""
    places = -(-length // stride)
    return Window(length, reach, stride, max((places - 1) * stride + reach - length, 0) // 2, places)


def symmetric_window(length: int, reach: int, stride: int) -> Window:
    """ "same" padding as in PyTorch: as much at the start as at the end."""
    start = symmetric_start(reach)
    return Window(length, reach, stride, start, (length + 2 * start - reach) // stride + 1)


def symmetric_start(reach: int) -> int:
    """How much such padding puts on either side, whatever the length of the side."""
    return (reach - 1) // 2


def reach_of(size: int, rate: int) -> int:
    """How far a window reaches whose pixels lie `rate` apart."""
    return (size - 1) * rate + 1


def is_symmetric(layer: Any) -> bool:
    """Whether the "same" padding of a layer is PyTorch's, and not TensorFlow's."""
    from bnn_zoo.blocks.layers import SymmetricMaxPooling2D, SymmetricQuantConv2D

    return isinstance(layer, (SymmetricMaxPooling2D, SymmetricQuantConv2D))


def windows_of(layer: Any, shape: Sequence[int]) -> list[Window]:
    """How a layer with "same" padding moves along height and width.

    Args:
        layer: a convolution or pool.
        shape: of its input, (batch, height, width, channels).
    """
    sizes = layer.pool_size if hasattr(layer, "pool_size") else layer.kernel_size
    rates = getattr(layer, "dilation_rate", (1, 1))
    window = symmetric_window if is_symmetric(layer) else tensorflow_window
    return [
        window(length, reach_of(size, rate), stride)
        for length, size, rate, stride in zip(shape[1:3], sizes, rates, layer.strides, strict=True)
    ]
