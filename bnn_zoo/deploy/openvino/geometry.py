"""How a window moves over a picture, in OpenVINO's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bnn_zoo._layer_graph import Call
from bnn_zoo.deploy.registered import UnsupportedLayerError
from bnn_zoo.deploy.window import is_symmetric, reach_of, symmetric_start, tensorflow_window

#: Of a row, OpenVINO's binary kernels for AVX2 write so many pixels at a time, and take no more than that for padding.
PIXELS_AT_ONCE = 2

#: Wider windows they pad only where these move by one pixel.
WIDEST_PADDED = 7


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


def window_geometry(call: Call, size: Sequence[int]) -> Geometry:
    """The geometry of a convolution or pool.

    Args:
        call: of the layer.
        size: of its window, (rows, columns).

    Raises:
        UnsupportedLayerError: for a padding other than "same" and "valid".
    """
    layer = call.layer
    strides, dilation = tuple(layer.strides), tuple(getattr(layer, "dilation_rate", (1, 1)))
    if layer.padding not in ("same", "valid"):
        raise UnsupportedLayerError(f'{call} has padding={layer.padding!r}; deployed can be "same" and "valid".')
    if layer.padding == "valid":
        return Geometry(strides, dilation)
    if not is_symmetric(layer):
        return Geometry(strides, dilation, auto_pad="same_upper")
    rows, columns = (symmetric_start(reach_of(length, rate)) for length, rate in zip(size, dilation, strict=True))
    return Geometry(strides, dilation, (rows, columns), (rows, columns))


def explicit_padding(geometry: Geometry, size: Sequence[int], height: int | None, width: int | None) -> Geometry | None:
    """The same geometry with "same" padding worked out for a picture of a known size; None where it depends on a free one."""
    if geometry.auto_pad == "explicit":
        return geometry
    if any(side is None and stride != 1 for side, stride in zip((height, width), geometry.strides, strict=True)):
        return None
    rows, columns = (
        tensorflow_window(length or 1, reach_of(kernel, rate), stride)
        for length, kernel, stride, rate in zip((height, width), size, geometry.strides, geometry.dilation, strict=True)
    )
    return Geometry(geometry.strides, geometry.dilation, (rows.start, columns.start), (rows.end, columns.end))


def too_wide_padding(
    geometry: Geometry, size: Sequence[int], given: Sequence[int | None], made: Sequence[int | None]
) -> Geometry | None:
    """The geometry with its padding worked out, if that is more than OpenVINO's binary kernels take; None if it is not.

    Args:
        geometry: of the convolution.
        size: of the window.
        given: its input, (height, width, channels); None where a size is free.
        made: its output, likewise.
    """
    explicit = explicit_padding(geometry, size, *given[:2])
    if explicit is None:
        return None  # the kernels' own; they refuse small pictures
    at_once = min(PIXELS_AT_ONCE, made[1] or PIXELS_AT_ONCE)
    wide = max(explicit.before[1], explicit.after[1]) > at_once
    strided = explicit.padded and size[1] > WIDEST_PADDED and explicit.strides != (1, 1)
    return explicit if wide or strided else None
