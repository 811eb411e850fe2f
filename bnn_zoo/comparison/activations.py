"""How much memory the features need while a network runs."""

from __future__ import annotations

import math

from bnn_zoo.comparison.layers import ELEMENTWISE, NORMS, VIEWS, Layer, consumers_of

#: Layers that can write over an input that nobody else needs.
_IN_PLACE = (*ELEMENTWISE, *NORMS)


def peak_activation_bits(layers: tuple[Layer, ...]) -> int:
    """The most bits that features take at a time, for one picture, weights not counted.

    The rule: layers run one after the other as they are listed. A tensor is kept from the layer that makes it to the last one that
    takes it, the picture included; what the network gives is kept to the end. It is kept in as few bits as those who take it need:
    1 bit a value where all of them binarize it, else 32; where only some do, its binarized copy lives beside it while they run.
    Batch norm, activations, additions and products write over an input that is not needed any more; every other layer needs room
    for its output beside its inputs. A change of shape is no copy, whoever else takes its input, and the outputs of one layer are
    kept together.

    Args:
        layers: of the network.
    """
    makers = _makers(layers)
    bits, last = _stored_bits(layers, makers), _last_uses(layers, makers)
    by_name = {layer.name: layer for layer in layers}
    live: dict[str, int] = {}
    peak = 0
    for place, layer in enumerate(layers):
        dying = [name for name in {makers[name] for name in layer.inputs} if last[name] == place]
        is_view = makers[layer.name] != layer.name
        own = 0 if is_view else layer.features * bits[layer.name]
        now = sum(live.values()) + own
        if layer.input_bits < 32:
            copied = [by_name[name].output_shape for name in layer.inputs if bits[makers[name]] > layer.input_bits]
            now += sum(map(math.prod, copied)) * layer.input_bits
        if layer.kind in _IN_PLACE:
            reused = [live[name] for name in dying if by_name[name].features == layer.features]
            now -= min(max(reused, default=0), own)
        peak = max(peak, now)
        if not is_view:
            live[layer.name] = own
        for name in dying:
            del live[name]
    return peak


def _makers(layers: tuple[Layer, ...]) -> dict[str, str]:
    """For each layer the one that made the values of its output: itself, or the one in front of a view."""
    makers: dict[str, str] = {}
    for layer in layers:
        makers[layer.name] = makers[layer.inputs[0]] if layer.kind in VIEWS else layer.name
    return makers


def _stored_bits(layers: tuple[Layer, ...], makers: dict[str, str]) -> dict[str, int]:
    """Bits a value, by the layer that made it: what those who take it or a view of it need, and 32 where the network gives it."""
    needed: dict[str, list[int]] = {name: [] for name in makers.values()}
    for layer in layers:
        for maker in {makers[name] for name in layer.inputs} - {makers[layer.name]}:
            needed[maker].append(layer.input_bits)
    for maker in _given(layers, makers):
        needed[maker].append(32)
    return {maker: max(bits) for maker, bits in needed.items()}


def _last_uses(layers: tuple[Layer, ...], makers: dict[str, str]) -> dict[str, int]:
    """The place of the last layer that takes what each layer made or a view of it; behind all layers where the network gives it."""
    last = {makers[name]: place for place, layer in enumerate(layers) for name in layer.inputs}
    return last | dict.fromkeys(_given(layers, makers), len(layers))


def _given(layers: tuple[Layer, ...], makers: dict[str, str]) -> set[str]:
    takers = consumers_of(layers)
    return {makers[layer.name] for layer in layers if layer.is_output or not takers[layer.name]}
