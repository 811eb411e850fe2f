"""Small networks that break one piece of advice each, and layers made by hand."""

from __future__ import annotations

from typing import Any

from bnn_zoo._keras import keras, larq

#: The networks that larq-zoo has too: what the tests say of their order does not change when the zoo grows.
CLASSIC = (
    *("binarynet", "binary_alexnet", "xnornet", "dorefanet", "birealnet", "binary_resnet_e18"),
    *("binary_densenet28", "binary_densenet37", "binary_densenet37_dilated", "binary_densenet45", "meliusnet22"),
    *("real_to_binary_net", "quicknet", "quicknet_small", "quicknet_large"),
)

BINARY: dict[str, Any] = dict(input_quantizer="ste_sign", kernel_quantizer="ste_sign", use_bias=False, padding="same")


def conv(x: Any, filters: int, name: str, **options: Any) -> Any:
    """A binary 3x3 convolution."""
    return larq.layers.QuantConv2D(filters, options.pop("kernel_size", 3), name=name, **{**BINARY, **options})(x)


def norm(x: Any, name: str) -> Any:
    return keras.layers.BatchNormalization(name=name)(x)


def small_network(advice_broken: str = "", name: str = "small") -> keras.Model:
    """A stem, two binary convolutions with shortcuts, the second with a change of dimensions, and a head.

    Args:
        advice_broken: "first_layer", "last_layer", "batch_norm", "pooling", "shortcut", "bias", or none of them.
        name: of the model.
    """
    images = keras.Input((16, 16, 3))
    stem = larq.layers.QuantConv2D if advice_broken == "first_layer" else keras.layers.Conv2D
    binary = dict(kernel_quantizer="ste_sign") if advice_broken == "first_layer" else {}
    x = norm(stem(8, 3, padding="same", use_bias=False, name="stem", **binary)(images), "stem_bn")
    y = conv(x, 8, "one", use_bias=advice_broken == "bias")
    y = y if advice_broken == "batch_norm" else norm(y, "one_bn")
    x = keras.layers.Add(name="one_add")([x, y])
    if advice_broken == "pooling":
        x = keras.layers.MaxPooling2D(2, name="pool")(norm(conv(x, 8, "pooled"), "pooled_bn"))
    y = norm(conv(x, 16, "two", strides=2), "two_bn")
    if advice_broken != "shortcut":
        shortcut = keras.layers.AveragePooling2D(2, name="two_pool")(x)
        y = keras.layers.Add(name="two_add")([y, keras.layers.Conv2D(16, 1, use_bias=False, name="two_point")(shortcut)])
    x = keras.layers.GlobalAveragePooling2D(name="head_pool")(y)
    head = keras.layers.Dense
    options: dict[str, Any] = {}
    if advice_broken == "last_layer":
        head, options = larq.layers.QuantDense, dict(input_quantizer="ste_sign", kernel_quantizer="ste_sign", use_bias=False)
    x = head(5, name="head", **options)(x)
    return keras.Model(images, norm(x, "head_bn") if advice_broken == "last_layer" else x, name=name)
