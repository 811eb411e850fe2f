"""Quantizers that larq does not have. Importing this file loads TensorFlow."""

from __future__ import annotations

import math
from typing import Any

from bnn_zoo._keras import Tensor, keras, larq, tf


@larq.utils.register_keras_custom_object  # in an .h5 file Keras names a quantizer without its package
@keras.utils.register_keras_serializable("bnn_zoo")
class XnorScale(larq.quantizers.Quantizer):
    r"""The kernel quantizer of XNOR-Net: sign times the mean magnitude of its filter.

    Forward pass: \(q(x) = \alpha \operatorname{sign}(c)\), \(c = \operatorname{clip}(x, -1, 1)\), \(\alpha\) the mean of \(|c|\)
    over a filter. Pseudo-gradient: straight through the sign inside [-1, 1]; the scale is differentiated as it stands.

    Source: XNOR-Net: ImageNet Classification Using Binary Convolutional Neural Networks, Rastegari et al., 2016, arXiv 1603.05279.
    """

    precision = 1

    def call(self, inputs: Tensor) -> Tensor:
        clipped = tf.clip_by_value(inputs, -1, 1)
        filter_axes = list(range(len(inputs.shape) - 1))
        scale = tf.reduce_mean(tf.abs(clipped), axis=filter_axes, keepdims=True)
        return scale * larq.quantizers.ste_sign(clipped)


@tf.custom_gradient
def _sign_of_mean_magnitude(x: Tensor) -> Any:
    scale = tf.reduce_mean(tf.abs(x), axis=list(range(len(x.shape) - 1)), keepdims=True)
    return scale * larq.math.sign(x), lambda dy: tf.where(tf.abs(x) <= 1, dy, tf.zeros_like(dy))


@larq.utils.register_keras_custom_object  # in an .h5 file Keras names a quantizer without its package
@keras.utils.register_keras_serializable("bnn_zoo")
class MagnitudeSign(larq.quantizers.Quantizer):
    r"""The kernel quantizer of the authors of Bi-Real Net and ReActNet: sign times the mean magnitude of its filter.

    Forward pass: \(q(x) = \alpha \operatorname{sign}(x)\), \(\alpha\) the mean of \(|x|\) over a filter. Pseudo-gradient: 1 inside
    [-1, 1], also where larq's `magnitude_aware_sign`, of the same forward pass, has \(\alpha\): there filters of small weights
    learn slowly.

    Source: ReActNet: Towards Precise Binary Neural Network with Generalized Activation Functions, Liu et al., 2020, arXiv
    2003.03488, and the authors' code.
    """

    precision = 1

    def call(self, inputs: Tensor) -> Tensor:
        return _sign_of_mean_magnitude(inputs)


@tf.custom_gradient
def _scaled_sign(x: Tensor) -> Any:
    return larq.math.sign(x) * tf.reduce_mean(tf.abs(x)), lambda dy: dy


@larq.utils.register_keras_custom_object  # in an .h5 file Keras names a quantizer without its package
@keras.utils.register_keras_serializable("bnn_zoo")
class DoReFaSign(larq.quantizers.Quantizer):
    r"""The 1-bit kernel quantizer of DoReFa-Net: sign times the mean magnitude of the whole layer.

    Forward pass: \(q(x) = \operatorname{E}(|x|) \operatorname{sign}(x)\). Pseudo-gradient: identity, unclipped.

    Source: DoReFa-Net: Training Low Bitwidth Convolutional Neural Networks with Low Bitwidth Gradients, Zhou et al., 2016,
    arXiv 1606.06160.
    """

    precision = 1

    def call(self, inputs: Tensor) -> Tensor:
        return _scaled_sign(inputs)


def _standardized(kernel: Tensor) -> Tensor:
    """Each filter with mean 0 and variance 1 / inputs, so that the sum over its inputs keeps their variance."""
    filter_axes = list(range(len(kernel.shape) - 1))
    mean, variance = tf.nn.moments(kernel, filter_axes, keepdims=True)
    return (kernel - mean) / (tf.sqrt(variance) + 1e-5) * _inputs(kernel) ** -0.5


def _inputs(kernel: Tensor) -> int:
    return math.prod(kernel.shape[:-1])


@larq.utils.register_keras_custom_object  # in an .h5 file Keras names a quantizer without its package
@keras.utils.register_keras_serializable("bnn_zoo")
class Standardize(larq.quantizers.Quantizer):
    r"""No quantizer, but what a layer in full precision uses in place of one: scaled weight standardization.

    Forward pass: \(q(x) = \frac{x - \mu}{(\sigma + 10^{-5}) \sqrt{n}}\), mean, deviation and number \(n\) those of a filter.

    Source: Characterizing signal propagation to close the performance gap in unnormalized ResNets, Brock et al., 2021,
    arXiv 2101.08692.
    """

    precision = 32

    def call(self, inputs: Tensor) -> Tensor:
        return _standardized(inputs)


@larq.utils.register_keras_custom_object  # in an .h5 file Keras names a quantizer without its package
@keras.utils.register_keras_serializable("bnn_zoo")
class StandardizedSign(larq.quantizers.Quantizer):
    r"""The kernel quantizer of A&B BNN: the sign of the standardized weights, so scaled that a filter keeps the variance.

    Forward pass: \(q(x) = \operatorname{sign}(s(x)) / \sqrt{n}\), \(s\) scaled weight standardization and \(n\) the weights of a
    filter. Pseudo-gradient: that of \(\operatorname{clip}(s(x), -1, 1)\). The authors' code multiplies by the mean of \(|s(x)|\)
    instead, a constant to their gradient; here the learnt gain behind the layer holds it, so that bits are all there is to store.

    Source: A&B BNN: Add&Bit-Operation-Only Hardware-Friendly Binary Neural Network, Ma et al., 2024, arXiv 2403.03739.
    """

    precision = 1

    def call(self, inputs: Tensor) -> Tensor:
        scale = _inputs(inputs) ** -0.5

        @tf.custom_gradient
        def sign(x: Tensor) -> Any:
            return larq.math.sign(x) * scale, lambda dy: tf.where(tf.abs(x) <= 1, dy, tf.zeros_like(dy))

        return sign(_standardized(inputs))


@tf.custom_gradient
def _sign_like_sigmoid(x: Tensor) -> Any:
    def gradient(dy: Tensor) -> Tensor:
        rising = tf.sigmoid(3 * x)
        return dy * 6 * rising * (1 - rising)

    return larq.math.sign(x), gradient


@larq.utils.register_keras_custom_object  # in an .h5 file Keras names a quantizer without its package
@keras.utils.register_keras_serializable("bnn_zoo")
class SigmoidSign(larq.quantizers.Quantizer):
    r"""The input quantizer of A&B BNN.

    Forward pass: \(q(x) = \operatorname{sign}(x)\). Pseudo-gradient: that of \(2 \sigma(3 x)\), \(\sigma\) the logistic function.

    Source: A&B BNN: Add&Bit-Operation-Only Hardware-Friendly Binary Neural Network, Ma et al., 2024, arXiv 2403.03739.
    """

    precision = 1

    def call(self, inputs: Tensor) -> Tensor:
        return _sign_like_sigmoid(inputs)
