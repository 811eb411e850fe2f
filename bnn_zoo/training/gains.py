"""What the gains of a network without batch norm take on when its standardized kernels become signs."""

from __future__ import annotations

from bnn_zoo._keras import keras
from bnn_zoo.blocks.norm_free import standardized_magnitude


def give_gains_magnitudes(network: keras.Model) -> None:
    """Multiplies each gain by the mean magnitude of the standardized kernel before it, which the kernel's signs do not hold.

    So a stage that binarizes kernels begins where the one before it ended, as in A&B BNN's code, which keeps that magnitude beside
    the signs. A network with other kernels stays as it is.

    Args:
        network: with binary kernels, and weights that were trained with real-valued ones.
    """
    from bnn_zoo.blocks.quantizers import StandardizedSign  # its class needs TensorFlow when defined

    for layer in network.layers:
        if isinstance(getattr(layer, "kernel_quantizer", None), StandardizedSign):
            (node,) = layer.outbound_nodes
            gain = node.outbound_layer.gain
            gain.assign(gain * standardized_magnitude(layer.kernel.numpy()))
