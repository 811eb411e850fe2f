"""The binary layers: inputs AND kernels are +1 or -1, outputs are integers (times a scale)."""

from __future__ import annotations

from typing import Any, Literal

from bnn_zoo._keras import Tensor, keras, larq
from bnn_zoo.blocks.binarization import Binarization, make_constraint, make_initializer, make_quantizer, make_regularizer
from bnn_zoo.blocks.padding import aligned


def binary_conv(
    x: Tensor,
    filters: int,
    kernel_size: int = 3,
    *,
    strides: int = 1,
    dilation_rate: int = 1,
    padding: Literal["same", "valid"] = "same",
    activation: Any = None,
    binarization: Binarization | None = None,
    binary_inputs: bool = True,
    name: str | None = None,
) -> Tensor:
    """A binary convolution, without bias. Batch norm belongs behind it.

    Args:
        x: (batch, height, width, channels), real-valued or binary.
        filters: channels of the output.
        kernel_size: height and width of the kernel, pixels.
        strides: pixels.
        dilation_rate: distance of the kernel's taps, pixels.
        padding: `"same"` or `"valid"`.
        activation: applied to the integer output, `"relu"` for example. Not a binarizing one: binarize inputs, not outputs.
        binarization: quantizers, constraint, initializer and padding.
        binary_inputs: False leaves the inputs as they are (a first layer that sees pixels).
        name: of the layer.

    Returns:
        (batch, height / strides, width / strides, filters), integers or scaled integers.

    Raises:
        ValueError: if the activation binarizes.

    Source: Binarized Neural Networks, Courbariaux et al., 2016, arXiv 1602.02830.
    """
    layer = binary_conv_layer(
        filters,
        kernel_size,
        strides=strides,
        dilation_rate=dilation_rate,
        padding=padding,
        activation=activation,
        binarization=binarization,
        binary_inputs=binary_inputs,
        name=name,
    )
    return layer(x)


def binary_conv_layer(
    filters: int,
    kernel_size: int,
    *,
    padding: Literal["same", "valid"] = "same",
    activation: Any = None,
    binarization: Binarization | None = None,
    binary_inputs: bool = True,
    **options: Any,
) -> Any:
    """The layer of `binary_conv`, which may be called on several tensors; it takes the same arguments."""
    settings = binarization or Binarization()
    return aligned(larq.layers.QuantConv2D, settings, padding)(
        filters,
        kernel_size,
        padding=padding,
        pad_values=settings.pad_values,
        **_binary_options(settings, activation, binary_inputs),
        **options,
    )


def binary_dense(
    x: Tensor,
    units: int,
    *,
    activation: Any = None,
    binarization: Binarization | None = None,
    name: str | None = None,
) -> Tensor:
    """A binary dense layer, without bias. Batch norm belongs behind it.

    Args:
        x: (batch, features), real-valued or binary.
        units: features of the output.
        activation: applied to the integer output. Not a binarizing one: binarize inputs, not outputs.
        binarization: quantizers, constraint and initializer.
        name: of the layer.

    Returns:
        (batch, units), integers or scaled integers.

    Raises:
        ValueError: if the activation binarizes.

    Source: Binarized Neural Networks, Courbariaux et al., 2016, arXiv 1602.02830.
    """
    settings = binarization or Binarization()
    return larq.layers.QuantDense(units, **_binary_options(settings, activation), name=name)(x)


def _binary_options(settings: Binarization, activation: Any, binary_inputs: bool = True) -> dict[str, Any]:
    """What makes a layer of larq's binary."""
    _refuse_binarizing(activation)
    return dict(
        activation=activation,
        use_bias=False,
        input_quantizer=make_quantizer("input_quantizer", settings) if binary_inputs else None,
        kernel_quantizer=make_quantizer("kernel_quantizer", settings),
        kernel_constraint=make_constraint(settings),
        kernel_initializer=make_initializer(settings),
        kernel_regularizer=make_regularizer(settings),
    )


def _refuse_binarizing(activation: Any) -> None:
    if activation is not None and getattr(keras.activations.get(activation), "precision", 32) <= 2:
        raise ValueError(
            f"activation={activation!r} binarizes the output of a binary layer. The next layer's input_quantizer does that; "
            "here it would cut off batch norm and shortcuts from the integer output. Use activation=None."
        )
