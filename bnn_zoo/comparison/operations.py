"""What a network computes, as one number."""

from __future__ import annotations

from bnn_zoo.comparison.layers import Layer

#: The formula, in words that a reader of any table gets.
FORMULA = (
    "OPs = FLOPs + BOPs / 64: a multiply-accumulate of a-bit inputs and b-bit kernels counts as a*b/64 where both are quantized, "
    "since 64 XNORs fit a word, and as 1 otherwise. Bi-Real Net (Liu et al. 2018, arXiv 1808.00278) and ReActNet (Liu et al. 2020, "
    "arXiv 2003.03488); for more than 1 bit DoReFa-Net (Zhou et al. 2016, arXiv 1606.06160)."
)


def operations(layers: tuple[Layer, ...]) -> float:
    """OPs a picture; see `FORMULA`. Pooling, batch norm and additions are not counted, as is the custom."""
    return sum(_operations(layer) for layer in layers)


def _operations(layer: Layer) -> float:
    if not layer.is_quantized or layer.kernel_bits is None:
        return layer.macs_binary / 64 + (layer.macs - layer.macs_binary)
    return layer.macs_binary / 64 + (layer.macs - layer.macs_binary) * min(1.0, layer.input_bits * layer.kernel_bits / 64)
