"""Latent weights that begin much smaller than initializers make them, so that the first steps decide their signs."""

from __future__ import annotations

from bnn_zoo._keras import keras, tf
from bnn_zoo.training.variables import binary_kernels


def start_latent_weights(network: keras.Model, whole: keras.Model, limit: float, seed: int) -> None:
    """Gives the kernels that are latent weights in the end random numbers between 0 and a limit.

    Args:
        network: what a stage trains; its kernels may be real-valued.
        whole: the network with all of its binary kernels; its weights are the other's in number, order and shape.
        limit: at which the numbers, uniformly distributed, end.
        seed: the same one gives the same numbers.

    Source: Bi-Real Net, Liu et al., 2018, arXiv 1808.00278, as the authors' PyTorch code begins.
    """
    latent = binary_kernels(whole.weights)
    for index, (own, other) in enumerate(zip(network.weights, whole.weights, strict=True)):
        if any(other is kernel for kernel in latent):
            own.assign(tf.random.stateless_uniform(own.shape, [seed, index], 0.0, limit))
