"""The layers that `fold_batch_norm` puts in place of batch norm."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from openvino import opset13 as ops

from bnn_zoo._layer_graph import Call
from bnn_zoo.deploy.openvino.activations import signs_from_bits
from bnn_zoo.deploy.openvino.binary import can_be_binary, threshold_bits
from bnn_zoo.deploy.openvino.real import plus_minus_one
from bnn_zoo.deploy.openvino.value import Output, Ready, Value, per_channel
from bnn_zoo.deploy.thresholds import Thresholds


def converters() -> dict[type, Callable[[Call, list[Value]], Value]]:
    from bnn_zoo.blocks.deployed_layers import ChannelThreshold

    return {ChannelThreshold: convert_threshold}


def convert_threshold(call: Call, inputs: list[Value]) -> Value:
    """ChannelThreshold."""
    layer, (x,) = call.layer, inputs
    thresholds = Thresholds(np.asarray(layer.limit, np.float32), np.asarray(layer.rising, np.float32) > 0)

    def floats() -> Output:
        above = ops.select(ops.greater(x.output(), per_channel(thresholds.limit)), np.float32(1), np.float32(0))
        directed = ops.multiply(plus_minus_one(above.output(0)), per_channel(np.where(thresholds.rising, 1, -1)))
        return directed.output(0)

    if can_be_binary(x.channels):
        return signs_from_bits(
            lambda: x.once(f"{layer.name}", lambda: threshold_bits(x.output(), thresholds, layer.name)), floats, x
        )
    return Value(Ready(floats()), x.shape)
