"""What binarized networks are made of: functions from tensor to tensor, one idea a function.

Blocks take images or features as (batch, height, width, channels), and most of them an optional `name` from which their layers'
names are made. Those in which anything depends on how the network binarizes take an optional `binarization`.
`conv_with_shortcut`, `pooled_block` and `pointwise_shortcut` are the heart.

A network that Keras itself stored (`to_json`, `save`) is read back by Keras after `import bnn_zoo.blocks.layers`, which registers
the classes of its layers and quantizers.
"""

from __future__ import annotations

from bnn_zoo.blocks.binarization import Binarization
from bnn_zoo.blocks.binary import binary_conv, binary_dense
from bnn_zoo.blocks.blurred import blurred_transition
from bnn_zoo.blocks.bottleneck import bottleneck_with_shortcuts
from bnn_zoo.blocks.dense import dense_block, improvement_block, transition_block
from bnn_zoo.blocks.gated import channel_gate, gate_from_means, gated_conv, scaled_conv
from bnn_zoo.blocks.group import group_block, soft_gate, weighted_sum
from bnn_zoo.blocks.head import global_pool, head, probabilities
from bnn_zoo.blocks.mix_to_binary import mix_to_binary_conv, mix_to_binary_gate, mix_to_binary_widening
from bnn_zoo.blocks.norm import batch_norm
from bnn_zoo.blocks.norm_free import NormFree, channel_gain, standardized_conv
from bnn_zoo.blocks.pooled import pooled_block
from bnn_zoo.blocks.prelu import prelu
from bnn_zoo.blocks.react import channel_bias, react_conv, react_widening, rprelu
from bnn_zoo.blocks.real import depthwise_conv, grouped_conv, real_conv
from bnn_zoo.blocks.scaling import learnt_scale
from bnn_zoo.blocks.segmentation import fully_convolutional_head
from bnn_zoo.blocks.shortcut import conv_with_shortcut, pointwise_shortcut, pooled_shortcut
from bnn_zoo.blocks.stem import choose_stem, grouped_stem, residual_stem, separable_stem, stem_pool

__all__ = [
    "Binarization",
    "NormFree",
    "batch_norm",
    "binary_conv",
    "binary_dense",
    "blurred_transition",
    "bottleneck_with_shortcuts",
    "channel_bias",
    "channel_gain",
    "channel_gate",
    "choose_stem",
    "conv_with_shortcut",
    "dense_block",
    "depthwise_conv",
    "fully_convolutional_head",
    "gate_from_means",
    "gated_conv",
    "global_pool",
    "group_block",
    "grouped_conv",
    "grouped_stem",
    "head",
    "improvement_block",
    "learnt_scale",
    "mix_to_binary_conv",
    "mix_to_binary_gate",
    "mix_to_binary_widening",
    "pointwise_shortcut",
    "pooled_block",
    "pooled_shortcut",
    "prelu",
    "probabilities",
    "react_conv",
    "react_widening",
    "real_conv",
    "residual_stem",
    "rprelu",
    "scaled_conv",
    "separable_stem",
    "soft_gate",
    "standardized_conv",
    "stem_pool",
    "transition_block",
    "weighted_sum",
]
