"""How much memory the features need while a network runs."""

from __future__ import annotations

import math

from bnn_zoo.comparison.layers import ELEMENTWISE, NORMS, VIEWS, Layer, consumers_of

#: Layers that can write over an input that nobody else needs.
_IN_PLACE = (*VIEWS, *ELEMENTWISE, *NORMS)


def peak_activation_bits(layers: tuple[Layer, ...]) -> int:
    """The most bits that features take at a time, for one picture, weights not counted.

    The rule: layers run one after the other as they are listed. A tensor is kept from the layer that makes it to the last one that
    takes it, the picture included. It is kept in as few bits as those who take it need: 1 bit a value where all of them binarize
    it, else 32; where only some do, its binarized copy lives beside it while they run. Batch norm, activations, additions and
    products write over an input that is not needed any more; every other layer needs room for its output beside its inputs.

    Args:
        layers: of the network.
    """
    takers = consumers_of(layers)
    shapes = {layer.name: math.prod(layer.output_shape) for layer in layers}
    bits = _stored_bits(layers, takers)
    left = {name: len(found) for name, found in takers.items()}
    live: dict[str, int] = {}
    peak = 0
    for layer in layers:
        dying = []
        for name in dict.fromkeys(layer.inputs):
            left[name] -= 1
            if not left[name]:
                dying.append(name)
        own = shapes[layer.name] * bits[layer.name]
        now = sum(live.values()) + own
        if layer.input_bits < 32:
            now += sum(shapes[name] * layer.input_bits for name in layer.inputs if bits[name] > layer.input_bits)
        if layer.kind in _IN_PLACE:
            reused = [live[name] for name in dying if shapes[name] == shapes[layer.name]]
            now -= min(max(reused, default=0), own)
        peak = max(peak, now)
        live[layer.name] = own
        for name in dying:
            del live[name]
    return peak


def _stored_bits(layers: tuple[Layer, ...], takers: dict[str, list[Layer]]) -> dict[str, int]:
    bits: dict[str, int] = {}
    for layer in reversed(layers):
        needed = [bits[taker.name] if taker.kind in VIEWS else taker.input_bits for taker in takers[layer.name]]
        bits[layer.name] = max(needed, default=32)
    return bits
