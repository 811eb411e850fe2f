"""The layers that `fold_batch_norm` puts in place of batch norm."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bnn_zoo._layer_graph import Call
from bnn_zoo.deploy.openvino.activations import signs_from_bits
from bnn_zoo.deploy.openvino.binary import can_be_binary, threshold_bits, threshold_signs
from bnn_zoo.deploy.openvino.value import Ready, Value
from bnn_zoo.deploy.thresholds import Thresholds


def converters() -> dict[type, Callable[[Call, list[Value]], Value]]:
    from bnn_zoo.blocks.deployed_layers import ChannelThreshold

    return {ChannelThreshold: convert_threshold}


def convert_threshold(call: Call, inputs: list[Value]) -> Value:
    """ChannelThreshold."""
    layer, (x,) = call.layer, inputs
    thresholds = Thresholds(np.asarray(layer.limit, np.float32), np.asarray(layer.rising, np.float32) > 0)

    if can_be_binary(x.channels):
        return signs_from_bits(
            # Not by the name, which layers of several nested models may have.
            lambda: x.once(f"threshold {id(layer)}", lambda: threshold_bits(x.output(), thresholds, call.name)),
            lambda: threshold_signs(x.output(), thresholds),
            x,
        )
    return Value(Ready(threshold_signs(x.output(), thresholds)), x.shape)
