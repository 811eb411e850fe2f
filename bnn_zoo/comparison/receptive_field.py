"""How much of the picture a feature sees."""

from __future__ import annotations

from bnn_zoo.comparison.layers import Layer

_Seen = tuple[int, int, int, int]  # pixels seen: height, width; pixels between two neighbours: down, across

#: Layers that make a map larger, so that the distance between neighbours is no whole number of pixels.
_GROWING = ("Transpose", "UpSampling", "Resize", "Resizing", "DepthToSpace")


def receptive_field(layers: tuple[Layer, ...]) -> int | None:
    """Height (or width, if larger) of the part of the picture that one position of the last feature map sees, pixels.

    r_out = r_in + (window - 1) * d, d_out = d * stride, the largest where several paths meet (Araujo et al., Computing Receptive
    Fields of Convolutional Neural Networks, Distill 2019). It may be larger than the picture. What looks at a whole map at once
    (a global pool, a dense layer, a gate) is left aside: it would make every network's receptive field the whole picture.

    Args:
        layers: of the network.

    Returns:
        Pixels; None where the network has no feature map, or one that is scaled up.
    """
    seen: dict[str, _Seen | None] = {}
    maps = {layer.name: layer for layer in layers}
    widest: int | None = None
    for layer in layers:
        if any(word in layer.kind for word in _GROWING):
            return None
        seen[layer.name] = _seen(layer, [maps[name] for name in layer.inputs], [seen[name] for name in layer.inputs])
        here = seen[layer.name]
        if here is not None:
            widest = max(widest or 0, here[0], here[1])
    return widest


def _seen(layer: Layer, inputs: list[Layer], before: list[_Seen | None]) -> _Seen | None:
    if not layer.is_map or layer.window == (0, 0):
        return None
    if not inputs:
        return (1, 1, 1, 1)
    paths = [path for path in before if path is not None]
    whole = inputs[0].output_shape[:2] == layer.window and layer.window != (1, 1) and layer.output_shape[:2] == (1, 1)
    if not paths or whole:
        return None
    rows, columns, down, across = (max(path[part] for path in paths) for part in range(4))
    (height, width), strides = layer.window, layer.strides
    return rows + (height - 1) * down, columns + (width - 1) * across, down * strides[0], across * strides[1]
