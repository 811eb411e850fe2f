"""Feature maps at several resolutions, for detection and segmentation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

from bnn_zoo._keras import Tensor, keras
from bnn_zoo._layer_graph import Call, LayerGraph, read_layer_graph
from bnn_zoo.hub.attached import attach_weight_set, weight_set_of
from bnn_zoo.hub.variables import TOP


@dataclass(frozen=True)
class _Map:
    """A tensor that all information passes through: no shortcut leads around it."""

    name: str
    stride: int
    tensor: Tensor
    ends_block: bool
    is_ready: bool


def features(model: keras.Model, levels: Sequence[int | str] | None = None) -> keras.Model:
    """The network's feature maps at several resolutions: real-valued, behind the last block of each.

    The coarsest map is what the network without top gives. The model returned shares layers and weights with `model`, so that
    training it on top of a detection or segmentation head trains the network.

    Args:
        model: a functional or sequential keras.Model, with top or without.
        levels: for each map its stride, in pixels of the picture a step (4, 8, 16, 32 where the network has them), or the name of
            the layer or block that ends in it, as in "section_2". If not given all strides at which one map holds all that the
            network knows, finest first. Where several paths lead side by side there is none: of GroupNet's bases and of
            BiRealNet50's blocks only the first and the last, and those between are had by the blocks' names.

    Returns:
        A keras.Model from images to a list of feature maps, (batch, height / stride, width / stride, channels) each, in the order
        of `levels`, or to the one map if there is one level. Its `output_names` tell the layers that they come from.

    Raises:
        TypeError: if `model` is no such model, or a level is neither a whole number nor a name.
        ValueError: if there is no map of that stride or name.
    """
    maps = _maps_of(model)
    if not maps:
        raise ValueError(
            f"{model.name} has no feature maps (batch, height, width, channels) of its own; of a model inside it "
            "they are had with features(model.get_layer(NAME))."
        )
    by_stride = {stride: _last_of([entry for entry in maps if entry.stride == stride], maps[-1]) for stride in _strides(maps)}
    known = {stride: entry for stride, entry in by_stride.items() if entry is not None}
    if levels is not None and (isinstance(levels, (str, int)) or not levels):
        raise TypeError(f"levels is {levels!r}; it must be a list of strides or layer names, as in {list(known)}.")
    tensors = [_tensor(model, level, known) for level in (known if levels is None else levels)]
    result = keras.Model(model.inputs, tensors, name=f"{model.name}_features")
    attach_weight_set(result, weight_set_of(model))
    return result


def _tensor(model: keras.Model, level: int | str, known: dict[int, _Map]) -> Tensor:
    if isinstance(level, bool) or not isinstance(level, (Integral, str)):
        raise TypeError(f"levels has {level!r}; a level is a stride in pixels, or the name of a layer or block.")
    if not isinstance(level, str):
        if level not in known:
            raise ValueError(
                f"levels has the stride {level}, but {model.name} has maps of the strides {', '.join(map(str, known))}; "
                f"{_advice_on_stride(model, int(level), max(known))}"
            )
        return known[level].tensor
    found = [layer for layer in model.layers if layer.name == level]
    found = found or [layer for layer in model.layers if layer.name.startswith(f"{level}_")]
    if not found:
        raise ValueError(f"levels has {level!r}, but {model.name} has no layer or block of that name; model.summary() shows all.")
    if len(found[-1].output_shape) != 4:
        raise ValueError(f"levels has {level!r}, but it ends in {found[-1].output_shape}, not (batch, height, width, channels).")
    return found[-1].output


def _advice_on_stride(model: keras.Model, stride: int, coarsest: int) -> str:
    if stride < coarsest and stride in _strides_of(read_layer_graph(model)).values():
        return 'several paths lead side by side there: name the block that ends in it, as in "section_1".'
    return 'a small picture\'s stem does not reduce it at first, stem="imagenet" does.'


def _maps_of(model: keras.Model) -> list[_Map]:
    """The maps from the picture to the features, in order."""
    graph = read_layer_graph(model)
    own = set(map(id, model.layers))
    cuts = _cuts(graph)
    strides = _strides_of(graph)
    pictures, trunk = set(graph.inputs), set[int]()
    maps: list[_Map] = []
    for call in graph.calls:
        if _prepares(call.layer) and pictures.issuperset(call.inputs):
            pictures.update(call.outputs)
            continue
        stride = strides[call.outputs[0]]
        joins = len(call.inputs) > 1 and not trunk.isdisjoint(call.inputs)
        if joins:
            trunk.add(call.outputs[0])
        if call.outputs[0] not in cuts or call.layer.name.startswith(TOP) or id(call.layer) not in own:
            continue
        tensor = call.layer.get_output_at(call.index)
        if len(tensor.shape) == 4 and not _pools_everything(call):
            # What ReActNet has behind its shortcuts belongs to the block.
            ends_block = joins or (_is_rprelu(call.layer) and bool(maps) and maps[-1].ends_block)
            maps.append(_Map(call.layer.name, stride, tensor, ends_block, len(call.inputs) > 1 or _is_norm(call.layer)))
        trunk.add(call.outputs[0])
    return maps


def _strides_of(graph: LayerGraph) -> dict[int, int]:
    """Pixels of the picture a step, of each tensor."""
    strides: dict[int, int] = dict.fromkeys(graph.inputs, 1)
    for call in graph.calls:
        # A gate's branch has been pooled to one pixel: where branches meet again the finest one counts.
        stride = min(strides[tensor] for tensor in call.inputs) * _step(call)
        strides.update(dict.fromkeys(call.outputs, stride))
    return strides


def _cuts(graph: LayerGraph) -> set[int]:
    """The tensors which, at the time they are there, are all that is still needed."""
    waiting, live, cuts = Counter(graph.outputs), set(graph.inputs), set()
    for call in graph.calls:
        waiting.update(_needed(call))
    for call in graph.calls:
        for tensor in _needed(call):
            waiting[tensor] -= 1
            if not waiting[tensor]:
                live.discard(tensor)
        live.update(call.outputs)
        if live == {call.outputs[0]}:
            cuts.add(call.outputs[0])
    return cuts


def _needed(call: Call) -> tuple[int, ...]:
    """The tensors of which a call takes the values, and not the shape alone."""
    from bnn_zoo.blocks.layers import ResizeLike  # its class needs TensorFlow when defined

    return call.inputs[:1] if isinstance(call.layer, ResizeLike) else call.inputs


def _last_of(maps: list[_Map], last: _Map) -> _Map | None:
    """Where a resolution ends: with the network, with its last block, or else with the last batch norm or activation."""
    if maps[-1] is last:
        return last
    ends = [entry for entry in maps if entry.ends_block] or [entry for entry in maps if entry.is_ready]
    return ends[-1] if ends else None


def _strides(maps: list[_Map]) -> list[int]:
    return sorted({entry.stride for entry in maps})


def _step(call: Call) -> int:
    strides = getattr(call.layer, "strides", None)
    return int(strides[0]) if strides and not isinstance(call.layer, keras.layers.Conv2DTranspose) else 1


def _pools_everything(call: Call) -> bool:
    size = getattr(call.layer, "pool_size", None)
    return size is not None and tuple(size) == tuple(call.layer.get_input_shape_at(call.index)[1:3])


def _prepares(layer: Any) -> bool:
    """Whether what a layer makes of a picture is a picture still, and no feature map."""
    return isinstance(layer, (keras.layers.BatchNormalization, keras.layers.Normalization, keras.layers.Rescaling))


def _is_norm(layer: Any) -> bool:
    kinds = keras.layers
    known = (kinds.BatchNormalization, kinds.LayerNormalization, kinds.ReLU, kinds.PReLU, kinds.Activation)
    return isinstance(layer, known) or _is_rprelu(layer)


def _is_rprelu(layer: Any) -> bool:
    from bnn_zoo.blocks.channel_layers import ChannelBias, PowerOfTwoPReLU  # their classes need TensorFlow when defined

    return isinstance(layer, (ChannelBias, keras.layers.PReLU, PowerOfTwoPReLU))
