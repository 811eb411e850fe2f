"""Layers that leave every pixel where it is: batch norm, scales, shifts and mixtures of channels, and those that do nothing."""

from __future__ import annotations

import numpy as np
from openvino import opset13 as ops

from bnn_zoo._keras import tf
from bnn_zoo._layer_graph import Call
from bnn_zoo.deploy.openvino.value import Ready, Value
from bnn_zoo.deploy.registered import UnsupportedLayerError
from bnn_zoo.deploy.steps import affine_step, batch_norm_step, is_batch_norm_step


def convert_unchanged(call: Call, inputs: list[Value]) -> Value:
    """Layers that do nothing in inference, as Dropout."""
    return inputs[0].unchanged()


def convert_batch_norm(call: Call, inputs: list[Value]) -> Value:
    """BatchNormalization, as a step that later layers fold."""
    layer, (x,) = call.layer, inputs
    if not is_batch_norm_step(call):
        raise UnsupportedLayerError(f"{call} has axis={list(layer.axis)}; deployed can be batch norm over the channels (axis=-1).")
    return x.followed_by(batch_norm_step(layer))


def convert_channel_bias(call: Call, inputs: list[Value]) -> Value:
    """ChannelBias, as a step that later layers fold."""
    bias = np.asarray(call.layer.bias, np.float64)
    return inputs[0].followed_by(affine_step(np.full_like(bias, call.layer.factor), bias))


def convert_channel_scale(call: Call, inputs: list[Value]) -> Value:
    """ChannelScale, as a step that layers before or behind it fold."""
    gain = np.asarray(call.layer.gain, np.float32) * np.float32(call.layer.factor)
    (x,) = inputs
    return x.followed_by(affine_step(np.broadcast_to(gain, x.channels).astype(np.float64), np.zeros(x.channels)))


def convert_soft_gate(call: Call, inputs: list[Value]) -> Value:
    """SoftGate: a share of one tensor and the rest of another."""
    share = np.asarray(tf.sigmoid(tf.convert_to_tensor(call.layer.gate)), np.float32)
    return _mixed(inputs, share.reshape(()))


def convert_channel_mix(call: Call, inputs: list[Value]) -> Value:
    """ChannelMix: a share of one tensor and the rest of another, of each channel its own."""
    return _mixed(inputs, np.asarray(call.layer.share, np.float32).reshape(1, -1, 1, 1))


def _mixed(inputs: list[Value], share: np.ndarray) -> Value:
    shares = (share, np.float32(1) - share)
    first, second = (ops.multiply(x.output(), part).output(0) for x, part in zip(inputs, shares, strict=True))
    return Value(Ready(ops.add(first, second).output(0)), inputs[0].shape)


def convert_outer_scale(call: Call, inputs: list[Value]) -> Value:
    """OuterScale: rows and columns as a map of factors, channels as a step that layers behind it fold."""
    layer, (x,) = call.layer, inputs
    pixels = np.asarray(layer.scale_h * layer.scale_w, np.float32)
    factors = np.asarray(layer.scale_c, np.float64).reshape(-1)
    scaled = Value(Ready(ops.multiply(x.output(), pixels.transpose(2, 0, 1)[None]).output(0)), x.shape)
    return scaled.followed_by(affine_step(factors, np.zeros(factors.size)))
