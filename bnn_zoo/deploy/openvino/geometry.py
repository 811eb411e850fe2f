"""How a window moves over a picture, in OpenVINO's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bnn_zoo.deploy.registered import UnsupportedLayerError
from bnn_zoo.deploy.window import reach_of, symmetric_start, tensorflow_window


@dataclass(frozen=True)
class Geometry:
    """Strides, dilation and padding of a convolution or pool, (rows, columns), pixels."""

    strides: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    before: tuple[int, int] = (0, 0)
    after: tuple[int, int] = (0, 0)
    auto_pad: str = "explicit"

    @property
    def padded(self) -> bool:
        return self.auto_pad == "same_upper" or any(self.before + self.after)


def window_geometry(
    padding: str, size: tuple[int, int], strides: Any, dilation: Any = (1, 1), *, symmetric: bool = False
) -> Geometry:
    """The geometry of a Keras layer.

    Args:
        padding: "same" or "valid".
        size: of the window.
        strides: of the layer.
        dilation: of the layer.
        symmetric: "same" padding is the same on both sides, as in PyTorch.

    Raises:
        UnsupportedLayerError: for another padding.
    """
    if padding not in ("same", "valid"):
        raise UnsupportedLayerError(f'padding is {padding!r}; it must be "same" or "valid".')
    strides, dilation = tuple(strides), tuple(dilation)
    if padding == "valid":
        return Geometry(strides, dilation)
    if not symmetric:
        return Geometry(strides, dilation, auto_pad="same_upper")
    rows, columns = (symmetric_start(reach_of(length, rate)) for length, rate in zip(size, dilation, strict=True))
    return Geometry(strides, dilation, (rows, columns), (rows, columns))


def explicit_padding(geometry: Geometry, size: tuple[int, int], height: int | None, width: int | None) -> Geometry:
    """The same geometry with "same" padding worked out for a picture of a known size.

    Raises:
        UnsupportedLayerError: if the size is not known.
    """
    if geometry.auto_pad == "explicit":
        return geometry
    if height is None or width is None:
        raise UnsupportedLayerError('this layer needs a fixed input size: pad_values with padding="same" on real-valued inputs.')
    rows, columns = (
        tensorflow_window(length, reach_of(kernel, rate), stride)
        for length, kernel, stride, rate in zip((height, width), size, geometry.strides, geometry.dilation, strict=True)
    )
    return Geometry(geometry.strides, geometry.dilation, (rows.start, columns.start), (rows.end, columns.end))
