"""How a network binarizes: one frozen record that its blocks share."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, Literal, TypeAlias

from bnn_zoo._argument_checks import is_count
from bnn_zoo._keras import keras, larq

Quantizer: TypeAlias = "str | Callable[[Any], Any] | None"

#: The quantizers of this package, by name.
_OWN_QUANTIZERS = {
    "magnitude_sign": "MagnitudeSign",
    "xnor_scale": "XnorScale",
    "dorefa_sign": "DoReFaSign",
    "sigmoid_sign": "SigmoidSign",
    "standardized_sign": "StandardizedSign",
    "standardize": "Standardize",
}

#: The kernel quantizers whose gradient is not clipped, or whose weights are standardized: no weight can be stuck outside the clip.
_NEVER_STARVING = ("unclipped_sign", "dorefa_sign", "standardized_sign", "standardize")

#: What the record's numbers must be: others show only as NaN in training, or in an error of TensorFlow's that names no field.
_NUMBERS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "clip_value": ("positive", lambda value: value > 0),
    "kernel_l2": ("a number, and not negative", lambda value: value >= 0),
    "momentum": ("a number from 0 to 1", lambda value: 0 <= value <= 1),
    "epsilon": ("a number, and not negative", lambda value: value >= 0),
    "pad_values": ("a number", lambda value: True),
    "activation_bits": ("a whole number above 0", is_count),
}


@dataclass(frozen=True)
class Binarization:
    """The choices a binarized network makes once, and its blocks follow.

    The defaults are those of larq's guide 'Building BNNs'. `dataclasses.replace` changes single fields.

    Args:
        input_quantizer: what binarizes the inputs of a binary layer: a name (`"ste_sign"`, `"approx_sign"`, `"swish_sign"`,
            `"sigmoid_sign"`, `"dorefa"`, any other name larq knows), a callable, or None for inputs in full precision.
        kernel_quantizer: the same for kernels, without `"dorefa"`; also `"magnitude_aware_sign"`, `"magnitude_sign"`,
            `"xnor_scale"`, `"dorefa_sign"`, `"standardized_sign"` and `"unclipped_sign"`, through which all of the gradient passes;
            `"standardize"` leaves them real.
        clip_value: half the width of the window in which `ste_sign` lets the gradient pass, and the bound of the latent weights.
        kernel_constraint: `"weight_clip"` keeps latent weights in [-clip_value, clip_value]; or a Keras constraint, or None.
        kernel_initializer: of the latent weights.
        kernel_l2: factor of an L2 penalty on the latent weights; 0.0 for none.
        momentum: of the moving averages of batch norm.
        epsilon: added to the variance in batch norm.
        scale: whether batch norm has a trainable gamma.
        pad_values: what "same" padding puts around binarized inputs: 0.0, or 1.0 or -1.0 so that they stay binary.
        padding_alignment: where "same" padding puts odd pixels: `"end"` as TensorFlow does, `"symmetric"` as PyTorch does.
        activation_bits: precision of the `"dorefa"` input quantizer, in bits.

    Raises:
        ValueError: for an unknown alignment, or a number that its field cannot have.
    """

    input_quantizer: Quantizer = "ste_sign"
    kernel_quantizer: Quantizer = "ste_sign"
    clip_value: float = 1.0
    kernel_constraint: Any = "weight_clip"
    kernel_initializer: Any = "glorot_normal"
    kernel_l2: float = 0.0
    momentum: float = 0.9
    epsilon: float = 1e-3
    scale: bool = True
    pad_values: float = 0.0
    padding_alignment: Literal["end", "symmetric"] = "end"
    activation_bits: int = 2

    def __post_init__(self) -> None:
        if self.padding_alignment not in ("end", "symmetric"):
            raise ValueError(f'padding_alignment is {self.padding_alignment!r}; it must be "end" or "symmetric".')
        for name, (rule, holds) in _NUMBERS.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value) or not holds(value):
                raise ValueError(f"{name} is {value!r}; it must be {rule}.")


def where_default(binarization: Binarization, default: Binarization, **figures: Any) -> Binarization:
    """The record with other figures in those fields that nobody set: for layers that a network's authors set apart from the rest.

    A field set to what the network has anyway counts as not set.

    Args:
        binarization: the record.
        default: the network's own, which it has unless told otherwise.
        figures: by the name of the field.
    """
    return replace(
        binarization,
        **{name: figure for name, figure in figures.items() if getattr(binarization, name) == getattr(default, name)},
    )


def make_quantizer(field: Literal["input_quantizer", "kernel_quantizer"], binarization: Binarization) -> Any:
    """The quantizer that the record names, with the record's clip value and bits.

    Args:
        field: which of the record's two quantizers.
        binarization: the record.

    Returns:
        A larq quantizer, a callable, or None.

    Raises:
        ValueError: if the name is not known, if it is a class where an instance is needed, or a quantizer that is for inputs only.
    """
    choice = getattr(binarization, field)
    if isinstance(choice, type):
        raise ValueError(f"{field} is the class {choice.__name__}; give an instance of it, {choice.__name__}(), or a name.")
    quantizer = choice if choice is None or callable(choice) else _named_quantizer(field, choice, binarization)
    if field == "kernel_quantizer" and isinstance(quantizer, larq.quantizers.DoReFa) and quantizer.mode == "activations":
        raise ValueError(
            f"kernel_quantizer is {choice!r}, which is for inputs: of negative weights it makes 0. For kernels take "
            '"dorefa_sign", or larq.quantizers.DoReFa(k_bit=2, mode="weights").'
        )
    return quantizer


def _named_quantizer(field: str, choice: Any, binarization: Binarization) -> Any:
    if choice == "ste_sign":
        return larq.quantizers.SteSign(clip_value=binarization.clip_value)
    if choice == "unclipped_sign":
        return larq.quantizers.SteSign(clip_value=None)
    if choice == "dorefa":
        return larq.quantizers.DoReFa(k_bit=binarization.activation_bits, mode="activations")
    if choice in _OWN_QUANTIZERS:
        from bnn_zoo.blocks import quantizers  # its classes need TensorFlow when they are defined

        return getattr(quantizers, _OWN_QUANTIZERS[choice])()
    try:
        return larq.quantizers.get(choice)
    except ValueError as error:
        raise ValueError(
            f"{field} {choice!r} is not known. Known are ste_sign, approx_sign, swish_sign, ste_heaviside, ste_tern, "
            f"magnitude_aware_sign, unclipped_sign, dorefa, {', '.join(_OWN_QUANTIZERS)}; a callable does as well."
        ) from error


def make_constraint(binarization: Binarization) -> Any:
    """The Keras constraint of the latent weights, or None.

    Raises:
        ValueError: if Keras does not know it.
    """
    if binarization.kernel_constraint is None and binarization.kernel_quantizer in _NEVER_STARVING:
        # larq need not warn of it.
        return keras.constraints.Constraint()
    if binarization.kernel_constraint == "weight_clip":
        return larq.constraints.WeightClip(clip_value=binarization.clip_value)
    return _known_to(keras.constraints, "kernel_constraint", binarization, "weight_clip, non_neg, max_norm, unit_norm")


def make_initializer(binarization: Binarization) -> Any:
    """The Keras initializer of the latent weights.

    Raises:
        ValueError: if Keras does not know it.
    """
    return _known_to(keras.initializers, "kernel_initializer", binarization, "glorot_normal, glorot_uniform, he_normal, he_uniform")


def make_regularizer(binarization: Binarization) -> Any:
    """The Keras regularizer of the latent weights, or None."""
    return keras.regularizers.L2(binarization.kernel_l2) if binarization.kernel_l2 else None


def _known_to(kind: Any, field: str, binarization: Binarization, examples: str) -> Any:
    """What Keras's `get` makes of a field; its own errors do not name the field."""
    choice = getattr(binarization, field)
    try:
        return kind.get(choice)
    except ValueError as error:
        raise ValueError(
            f"{field} {choice!r} is not known. Known are {examples}, and others of Keras; an instance does as well."
        ) from error
