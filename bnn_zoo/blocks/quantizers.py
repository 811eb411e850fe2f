"""Quantizers that larq does not have. Importing this file loads TensorFlow."""

from __future__ import annotations

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
        scale = tf.stop_gradient(tf.reduce_mean(tf.abs(inputs)))

        @tf.custom_gradient
        def scaled_sign(x: Tensor) -> Any:
            return larq.math.sign(x) * scale, lambda dy: dy

        return scaled_sign(inputs)
