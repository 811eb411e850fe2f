"""Layers that pool, join, cut and reshape."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
from openvino import opset1
from openvino import opset13 as ops

from bnn_zoo._keras import keras
from bnn_zoo._layer_graph import Call
from bnn_zoo.deploy.openvino.geometry import Geometry, window_geometry
from bnn_zoo.deploy.openvino.real import RealConvolution
from bnn_zoo.deploy.openvino.value import Deferred, Output, Ready, Value, as_pixels, name_node
from bnn_zoo.deploy.registered import UnsupportedLayerError


def convert_channel_shuffle(call: Call, inputs: list[Value]) -> Value:
    """ChannelShuffle."""
    (x,) = inputs
    return Value(Ready(ops.shuffle_channels(x.output(), 1, call.layer.groups).output(0)), x.shape)


def convert_max_pool(call: Call, inputs: list[Value]) -> Value:
    """MaxPooling2D. Rising steps wait until behind the pool, where there are fewer pixels."""
    layer, (x,) = call.layer, inputs
    size = tuple(layer.pool_size)
    form = window_geometry(call, size)
    shape = tuple(call.node.output_shapes[1:])
    if x.steps and not x.source.foldable and all(np.all(step.scale >= 0) for step in x.steps):
        return Value(Ready(_max_pool(x.source.output(), size, form, call.name)), shape, x.steps)
    return Value(Ready(_max_pool(x.output(), size, form, call.name)), shape)


def _max_pool(x: Output, size: tuple[int, ...], form: Geometry, name: str) -> Output:
    result = opset1.max_pool(x, list(form.strides), list(form.before), list(form.after), list(size), "floor", form.auto_pad).output(
        0
    )
    name_node(result, name)
    return result


def convert_average_pool(call: Call, inputs: list[Value]) -> Value:
    """AveragePooling2D; padding does not count."""
    layer, (x,) = call.layer, inputs
    form = window_geometry(call, layer.pool_size)
    result = opset1.avg_pool(
        x.output(), list(form.strides), [0, 0], [0, 0], list(layer.pool_size), True, "floor", form.auto_pad
    ).output(0)
    return Value(Ready(result), tuple(call.node.output_shapes[1:]))


def convert_global_pool(call: Call, inputs: list[Value]) -> Value:
    """GlobalAveragePooling2D and GlobalMaxPooling2D."""
    layer, (x,) = call.layer, inputs
    pool = ops.reduce_mean if isinstance(layer, keras.layers.GlobalAveragePooling2D) else ops.reduce_max
    result = pool(x.output(), np.array([2, 3], np.int64), True).output(0)
    return Value(Ready(result), tuple(call.node.output_shapes[1:])[-1:] if not layer.keepdims else (1, 1, x.channels))


def convert_sum(call: Call, inputs: list[Value]) -> Value:
    """Add."""
    return _joined(call, inputs, ops.add)


def convert_product(call: Call, inputs: list[Value]) -> Value:
    """Multiply."""
    return _joined(call, inputs, ops.multiply)


def convert_difference(call: Call, inputs: list[Value]) -> Value:
    """Subtract."""
    return _joined(call, inputs, ops.subtract)


def convert_maximum(call: Call, inputs: list[Value]) -> Value:
    """Maximum."""
    return _joined(call, inputs, ops.maximum)


def _joined(call: Call, inputs: list[Value], operation: object) -> Value:
    if len({len(x.shape) for x in inputs}) > 1:
        raise UnsupportedLayerError(f"{call} joins tensors of different ranks; reshape them to the same rank before.")
    outputs = [x.output() for x in inputs]
    result = reduce(lambda left, right: operation(left, right).output(0), outputs)  # type: ignore[operator]
    return Value(Ready(result), tuple(call.node.output_shapes[1:]))


def convert_concat(call: Call, inputs: list[Value]) -> Value:
    """Concatenate; convolutions of all groups of one tensor's channels become one grouped convolution."""
    layer = call.layer
    if layer.axis not in (-1, len(inputs[0].shape)):
        raise UnsupportedLayerError(f"{call} has axis={layer.axis}; deployed can be a concatenation of channels (axis=-1).")
    shape = tuple(call.node.output_shapes[1:])
    grouped = _grouped(inputs, call.name)
    if grouped is not None:
        return Value(grouped, shape)
    return _concatenated(inputs, shape)


def _concatenated(inputs: Sequence[Value], shape: Sequence[int | None]) -> Value:
    return Value(Ready(ops.concat([x.output() for x in inputs], 1).output(0)), shape, parts=inputs)


def _grouped(inputs: list[Value], name: str) -> RealConvolution | None:
    convolutions = [x.source for x in inputs if isinstance(x.source, RealConvolution) and x.uses == 1 and not x.steps]
    parts = [entry.value.part_of for entry in convolutions if entry.inputs is None and entry.groups == 1]
    if len(parts) != len(inputs) or parts[0] is None:
        return None
    whole, first = parts[0][0], convolutions[0]
    if any(part is None or part[0] is not whole or part[1:] != (i, len(inputs)) for i, part in enumerate(parts)):
        return None
    if any(entry.geometry != first.geometry or entry.kernel.shape != first.kernel.shape for entry in convolutions):
        return None
    kernel = np.concatenate([entry.kernel for entry in convolutions])
    return RealConvolution(whole, kernel, name, geometry=first.geometry, groups=len(inputs))


def convert_channel_group(call: Call, inputs: list[Value]) -> Value:
    """ChannelGroup: one of equal parts of the channels."""
    layer, (x,) = call.layer, inputs
    width = x.channels // layer.groups

    def cut() -> Output:
        start, stop = (np.array([part * width], np.int64) for part in (layer.group, layer.group + 1))
        return ops.slice(x.output(), start, stop, np.array([1], np.int64), np.array([1], np.int64)).output(0)

    return Value(Deferred(cut), (*x.shape[:-1], width), part_of=(x, layer.group, layer.groups))


def convert_add_to_last(call: Call, inputs: list[Value]) -> Value:
    """AddToLastChannels: a narrow tensor added to the last channels of a wide one."""
    wide, narrow = inputs
    missing = wide.channels - narrow.channels
    if not missing:
        return Value(Ready(ops.add(wide.output(), narrow.output()).output(0)), wide.shape)
    if wide.parts and wide.parts[-1].channels == narrow.channels:
        # The binary convolution behind `narrow` adds on the way, and the other channels are copied once.
        *others, last = wide.parts
        improved = Value(Ready(ops.add(last.output(), narrow.output()).output(0)), narrow.shape)
        return _concatenated([*others, improved], wide.shape)
    filled = ops.pad(
        narrow.output(), np.array([0, missing, 0, 0], np.int64), np.array([0, 0, 0, 0], np.int64), "constant", np.float32(0)
    )
    return Value(Ready(ops.add(wide.output(), filled).output(0)), wide.shape)


def convert_resize(call: Call, inputs: list[Value]) -> Value:
    """ResizeLike: bilinear, to the size of the second input."""
    x, pictures = inputs
    rows_and_columns = np.array([2, 3], np.int64)
    if None in pictures.shape[:2]:
        size = ops.gather(ops.shape_of(pictures.output()), rows_and_columns, np.int64(0))
    else:
        size = ops.constant(np.array(pictures.shape[:2], np.int64))
    result = ops.interpolate(
        x.output(), size, "linear_onnx", "sizes", coordinate_transformation_mode="half_pixel", axes=rows_and_columns
    )
    return Value(Ready(result.output(0)), (*pictures.shape[:2], x.channels))


def convert_zero_padding(call: Call, inputs: list[Value]) -> Value:
    """ZeroPadding2D."""
    (top, bottom), (left, right) = call.layer.padding
    before, after = np.array([0, 0, top, left], np.int64), np.array([0, 0, bottom, right], np.int64)
    result = ops.pad(inputs[0].output(), before, after, "constant", np.float32(0)).output(0)
    return Value(Ready(result), tuple(call.node.output_shapes[1:]))


def convert_reshape(call: Call, inputs: list[Value]) -> Value:
    """Flatten and Reshape, to (features,), (1, 1, features) or (height, width, channels)."""
    x = inputs[0]
    shape = tuple(call.node.output_shapes[1:])
    if len(shape) not in (1, 3) or len(x.shape) not in (1, 3):
        raise UnsupportedLayerError(
            f"{call} reshapes {x.shape} to {shape}; deployed can be shapes of one or three dimensions (without batch)."
        )
    pixels = 1 if len(x.shape) == 1 else _pixels(x)
    if pixels == 1 and (len(shape) == 1 or shape[:2] == (1, 1)):
        source, steps = x.carried()
        result = Value(source, shape, steps)
        result.known_bits = x.known_bits
        return result
    if len(shape) == 1 or shape[:2] == (1, 1):
        result = Value(Deferred(lambda: as_pixels(_channels_last(x))), shape, flat_of=x)
        return result
    target = np.array([0, *(-1 if side is None else side for side in shape)], np.int64)
    pictures = ops.reshape(_channels_last(x), target, special_zero=True)
    return Value(Ready(ops.transpose(pictures, np.array([0, 3, 1, 2], np.int64)).output(0)), shape)


def _pixels(x: Value) -> int | None:
    height, width = x.shape[:2]
    return None if height is None or width is None else height * width


def _channels_last(x: Value) -> Output:
    turned = ops.transpose(x.output(), np.array([0, 2, 3, 1], np.int64))
    return ops.reshape(turned, np.array([0, -1], np.int64), special_zero=True).output(0)
