"""What a Binarization's fields become: quantizers, constraints and regularizers, and which values are refused."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import numpy as np
import pytest

from bnn_zoo._keras import keras, larq
from bnn_zoo.blocks import Binarization, binary_conv, pointwise_shortcut
from bnn_zoo.blocks.binarization import make_constraint, make_quantizer, make_regularizer, where_default


def test_defaults_are_the_guides() -> None:
    settings = Binarization()
    quantizer = make_quantizer("input_quantizer", settings)
    assert isinstance(quantizer, larq.quantizers.SteSign)
    assert quantizer.get_config()["clip_value"] == 1.0
    assert isinstance(make_constraint(settings), larq.constraints.WeightClip)
    assert make_constraint(settings).clip_value == 1.0
    assert make_regularizer(settings) is None
    assert (settings.momentum, settings.kernel_initializer, settings.pad_values) == (0.9, "glorot_normal", 0.0)


def test_clip_value_reaches_quantizer_and_constraint() -> None:
    settings = Binarization(clip_value=1.3)
    assert make_quantizer("kernel_quantizer", settings).get_config()["clip_value"] == 1.3
    assert make_constraint(settings).clip_value == 1.3


@pytest.mark.parametrize(
    ("name", "kind", "precision"),
    [
        ("ste_sign", "SteSign", 1),
        ("approx_sign", "ApproxSign", 1),
        ("swish_sign", "SwishSign", 1),
        ("ste_heaviside", "SteHeaviside", 1),
        ("ste_tern", "SteTern", 2),
        ("magnitude_aware_sign", "MagnitudeAwareSign", 1),
        ("dorefa", "DoReFa", 3),
        ("magnitude_sign", "MagnitudeSign", 1),
        ("xnor_scale", "XnorScale", 1),
        ("dorefa_sign", "DoReFaSign", 1),
    ],
)
def test_every_named_quantizer(name: str, kind: str, precision: int) -> None:
    quantizer = make_quantizer("input_quantizer", Binarization(input_quantizer=name, activation_bits=3))
    assert type(quantizer).__name__ == kind
    assert quantizer.precision == precision


def test_callables_and_none_pass_through() -> None:
    settings = Binarization(input_quantizer=None, kernel_quantizer=abs)
    assert make_quantizer("input_quantizer", settings) is None
    assert make_quantizer("kernel_quantizer", settings) is abs


@pytest.mark.parametrize("field", ["input_quantizer", "kernel_quantizer"])
def test_unknown_quantizer_lists_the_known_ones(field: Any) -> None:
    with pytest.raises(ValueError, match=rf"^{field} 'ste_sing' is not known\. Known are ste_sign, approx_sign.*dorefa_sign"):
        make_quantizer(field, Binarization(**{field: "ste_sing"}))
    with pytest.raises(ValueError, match=rf"^{field} is the class SteSign; give an instance of it, SteSign\(\)"):
        make_quantizer(field, Binarization(**{field: larq.quantizers.SteSign}))


@pytest.mark.parametrize("choice", ["dorefa", "DoReFa", larq.quantizers.DoReFa(2)])
def test_the_dorefa_of_inputs_is_none_for_kernels(choice: Any) -> None:
    """It knows no negative weights."""
    with pytest.raises(
        ValueError, match=r'kernel_quantizer is .*, which is for inputs.*take "dorefa_sign", or larq.*mode="weights"'
    ):
        make_quantizer("kernel_quantizer", Binarization(kernel_quantizer=choice))
    kernels = larq.quantizers.DoReFa(2, mode="weights")
    assert make_quantizer("kernel_quantizer", Binarization(kernel_quantizer=kernels)) is kernels


@pytest.mark.parametrize("field", ["kernel_constraint", "kernel_initializer"])
def test_what_keras_does_not_know_is_told_by_its_field(field: str) -> None:
    with pytest.raises(ValueError, match=rf"^{field} 'foo' is not known\. Known are .*an instance does as well"):
        binary_conv(keras.Input((8, 8, 3)), 4, binarization=Binarization(**{field: "foo"}))
    if field == "kernel_initializer":
        with pytest.raises(ValueError, match=rf"^{field} 'foo' is not known"):
            pointwise_shortcut(keras.Input((8, 8, 3)), 4, binarization=Binarization(kernel_initializer="foo"))


def test_special_figures_are_for_fields_that_nobody_set() -> None:
    default = Binarization(epsilon=1e-5)
    special = where_default(dataclasses.replace(default, momentum=0.5), default, momentum=0.99, epsilon=1e-3)
    assert special == dataclasses.replace(default, momentum=0.5, epsilon=1e-3)


def test_constraint_by_choice() -> None:
    assert make_constraint(Binarization(kernel_constraint=None)) is None
    assert isinstance(make_constraint(Binarization(kernel_constraint="non_neg")), keras.constraints.NonNeg)
    unclipped = Binarization(kernel_constraint=None, kernel_quantizer="dorefa_sign")
    assert type(make_constraint(unclipped)) is keras.constraints.Constraint


def test_l2() -> None:
    regularizer = make_regularizer(Binarization(kernel_l2=5e-7))
    assert regularizer is not None
    assert float(regularizer.l2) == pytest.approx(5e-7)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("clip_value", value) for value in ("1", None, float("nan"))),
        *(("kernel_l2", value) for value in (-1.0, "a")),
        *(("momentum", value) for value in (2, -1, "x", None)),
        *(("epsilon", value) for value in (-1, "x")),
        *(("pad_values", value) for value in ("x", None, float("nan"))),
        *(("activation_bits", value) for value in (0, -2, 2.5, "2", True)),
    ],
)
def test_numbers_that_a_field_cannot_have_are_refused_by_its_name(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"^{field} is {re.escape(repr(value))}; it must be "):
        Binarization(**{field: value})


def test_numbers_of_numpy_are_numbers() -> None:
    assert Binarization(clip_value=np.float32(1.25), activation_bits=np.int64(3)).clip_value == 1.25


def test_frozen_and_checked() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Binarization().momentum = 0.5  # type: ignore[misc]
    with pytest.raises(ValueError, match=r"padding_alignment is 'center'; it must be \"end\" or \"symmetric\""):
        Binarization(padding_alignment="center")  # type: ignore[arg-type]
    for clip_value in (0.0, -1.0):
        with pytest.raises(ValueError, match=f"clip_value is {clip_value}; it must be positive"):
            Binarization(clip_value=clip_value)
    assert dataclasses.replace(Binarization(), pad_values=1.0).pad_values == 1.0
    assert len({Binarization(), Binarization(), Binarization(momentum=0.5)}) == 2, "equal ones are one key"
