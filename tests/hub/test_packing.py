"""Packed kernels: what is packed quantizes as before, and a file's claims about it are checked."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fresh_process import run_python
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bnn_zoo.hub.errors import WeightFileError
from bnn_zoo.hub.packed_kernel import PackedKernel, pack_kernel, unpack_kernel
from bnn_zoo.hub.packing import decode, encode

Quantizer = Callable[[np.ndarray], np.ndarray]


def sign(kernel: np.ndarray) -> np.ndarray:
    """Sign as larq has it: of 0 and of -0 it is 1."""
    return np.where(kernel >= 0, np.float32(1), np.float32(-1))


def per_filter(kernel: np.ndarray) -> np.ndarray:
    """Magnitude-aware sign, summed naively in float32, as a CPU sums over all axes but the last."""
    magnitude = np.zeros(kernel.shape[-1], np.float32)
    rows = np.abs(kernel).reshape(-1, kernel.shape[-1])
    for row in rows:
        magnitude += row
    return sign(kernel) * (magnitude / np.float32(len(rows)))


def clipped_per_filter(kernel: np.ndarray) -> np.ndarray:
    return per_filter(np.clip(kernel, -1, 1))


def per_tensor(kernel: np.ndarray) -> np.ndarray:
    return sign(kernel) * np.abs(kernel).mean(dtype=np.float32)


def ternary(kernel: np.ndarray) -> np.ndarray:
    return np.sign(np.where(np.abs(kernel) > 0.5, kernel, 0))


def two_bits(kernel: np.ndarray) -> np.ndarray:
    return np.round(np.clip(kernel, -1, 1) * 1.5 + 0.5) / 1.5


QUANTIZERS = [sign, per_filter, clipped_per_filter, per_tensor]
SHAPES = hnp.array_shapes(min_dims=1, max_dims=4, max_side=6)
# Below 1e-30 a float32 mean may have fewer than 20 bits, and 1e-6 relative is out of reach.
NUMBERS = st.floats(-2, 2, width=32).map(lambda number: number if abs(number) > 1e-30 else 0.0 * number)
KERNELS = hnp.arrays(np.float32, SHAPES, elements=NUMBERS)


def random_kernel(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.3, shape).clip(-1, 1).astype(np.float32)


def assert_quantizes_alike(quantize: Quantizer, kernel: np.ndarray, packed: PackedKernel) -> None:
    expected, found = quantize(kernel), quantize(unpack_kernel(packed))
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=0)
    # Not np.sign: its sign of 0 is 0.
    np.testing.assert_array_equal(found > 0, expected > 0)
    np.testing.assert_array_equal(found < 0, expected < 0)


@pytest.mark.parametrize("quantize", QUANTIZERS)
@settings(max_examples=150, deadline=None)
@given(kernel=KERNELS)
def test_packing_keeps_the_quantized_kernel(quantize: Quantizer, kernel: np.ndarray) -> None:
    packed = pack_kernel(kernel, quantize)
    assert packed is not None
    unpacked = unpack_kernel(packed)
    assert unpacked.dtype == np.float32
    assert unpacked.shape == kernel.shape
    assert unpacked.flags.c_contiguous
    assert_quantizes_alike(quantize, kernel, packed)


@pytest.mark.parametrize("quantize", [*QUANTIZERS, ternary, two_bits, np.negative, lambda kernel: kernel])
@settings(max_examples=100, deadline=None)
@given(kernel=hnp.arrays(st.sampled_from([np.float16, np.float32]), SHAPES))
def test_any_number_is_packed_rightly_or_not_at_all(quantize: Quantizer, kernel: np.ndarray) -> None:
    with np.errstate(all="ignore"):
        packed = pack_kernel(kernel, quantize)
        if packed is not None:
            assert_quantizes_alike(quantize, kernel.astype(np.float32), packed)


@settings(max_examples=100, deadline=None)
@given(
    kernels=st.dictionaries(st.text(max_size=5).filter(lambda name: "." not in name), KERNELS, max_size=4),
    quantize=st.sampled_from(QUANTIZERS),
)
def test_encode_and_decode(kernels: dict[str, np.ndarray], quantize: Quantizer) -> None:
    weights: dict[str, Any] = {name: pack_kernel(kernel, quantize) for name, kernel in kernels.items()}
    weights |= {f"{name}.float": kernel for name, kernel in kernels.items()}
    tensors, metadata = encode(weights)
    assert all(isinstance(text, str) for text in metadata.values())
    found = decode(tensors, metadata)
    assert found.keys() == weights.keys()
    for name, expected in weights.items():
        actual = found[name]
        if isinstance(expected, PackedKernel):
            assert isinstance(actual, PackedKernel)
            assert actual.shape == expected.shape
            np.testing.assert_array_equal(unpack_kernel(actual), unpack_kernel(expected))
        else:
            assert isinstance(actual, np.ndarray)
            np.testing.assert_array_equal(actual, expected)


def test_layout() -> None:
    kernel = np.array([[1, -1, 1], [1, 1, -1], [-1, -1, 1]], np.float32)
    packed = pack_kernel(kernel, sign)
    assert packed is not None
    assert packed.bits.dtype == np.uint8
    assert packed.bits.tolist() == [0b00011101, 0b1]
    assert packed.scale.dtype == np.float32
    assert packed.scale.shape == ()
    assert packed.scale == 1
    tensors, metadata = encode({"conv/kernel": packed, "gamma": np.ones(3, np.float32)})
    assert list(tensors) == ["conv/kernel.bits", "conv/kernel.scale", "gamma"]
    assert metadata == {"format": "bnn_zoo", "version": "1", "packed": '{"conv/kernel":[3,3]}'}


def test_the_cheapest_form_is_taken() -> None:
    kernel = random_kernel(3, 3, 16, 32)
    forms = {quantize: pack_kernel(kernel, quantize) for quantize in (sign, per_filter)}
    packed, magnitudes = forms[sign], forms[per_filter]
    assert packed is not None and magnitudes is not None
    assert packed.scale.shape == ()
    assert packed.scale == pytest.approx(np.abs(kernel).mean())
    assert magnitudes.scale.shape == (32,)
    np.testing.assert_allclose(magnitudes.scale, np.abs(kernel).mean(axis=(0, 1, 2)), rtol=1e-5)
    same_everywhere = pack_kernel(np.full((4, 4), -0.5, np.float32), per_filter)
    assert same_everywhere is not None
    assert same_everywhere.scale.shape == ()


def test_long_sums_are_exact_in_any_order() -> None:
    kernel = random_kernel(9216, 8)
    scaled = per_filter(np.sign(kernel) * np.abs(kernel).mean(axis=0))
    # The very case that makes equal magnitudes useless: it must stay hard for this test to mean anything.
    assert np.abs(scaled / per_filter(kernel) - 1).max() > 1e-5
    packed = pack_kernel(kernel, per_filter)
    assert packed is not None
    np.testing.assert_array_equal(per_filter(unpack_kernel(packed)), per_filter(kernel))
    magnitudes = np.abs(unpack_kernel(packed))
    expected = magnitudes.sum(axis=0, dtype=np.float64)
    for rows in (magnitudes, magnitudes[::-1], np.random.default_rng(1).permutation(magnitudes)):
        np.testing.assert_array_equal(np.add.accumulate(rows, axis=0, dtype=np.float32)[-1], expected)
    assert (magnitudes.max(axis=0) / magnitudes.min(axis=0) - 1).max() < 9216 / 2**22


def test_filters_of_more_weights_than_sum_exactly() -> None:
    packed = PackedKernel(np.full(2**15, 255, np.uint8), np.array([0.3, 0.7], np.float32), (2**17, 2))
    np.testing.assert_array_equal(unpack_kernel(packed), np.tile(packed.scale, (2**17, 1)))


@pytest.mark.parametrize("quantize", QUANTIZERS)
def test_zeros(quantize: Quantizer) -> None:
    zeros = np.zeros((3, 3, 4, 8), np.float32)
    one_filter = random_kernel(3, 3, 4, 8)
    one_filter[..., 2] = 0
    for kernel in (zeros, -zeros, one_filter, -one_filter):
        packed = pack_kernel(kernel, quantize)
        assert packed is not None
        assert_quantizes_alike(quantize, kernel, packed)


def test_zero_goes_where_the_quantizer_sends_it() -> None:
    def negative_zero(kernel: np.ndarray) -> np.ndarray:
        return np.where(kernel > 0, np.float32(1), np.float32(-1))

    kernel = np.array([[0.0, -0.0, 1, -1], [1, 1, -1, 1]], np.float32)
    packed = pack_kernel(kernel, negative_zero)
    assert packed is not None
    np.testing.assert_array_equal(negative_zero(unpack_kernel(packed)), [[-1, -1, 1, -1], [1, 1, -1, 1]])


def test_a_scale_that_underflows_keeps_its_signs() -> None:
    kernel = np.zeros((8, 8), np.float32)
    kernel[0, 0] = -1e-45
    packed = pack_kernel(kernel, sign)
    assert packed is not None
    assert packed.scale.shape == ()
    np.testing.assert_array_equal(sign(unpack_kernel(packed)), sign(kernel))


def test_scales_at_the_edge_of_float32_unpack_quietly() -> None:
    largest = np.finfo(np.float32).max
    scale = np.array([0, 1e-45, 1e-38, largest], np.float32)
    with np.errstate(all="raise", under="ignore"):
        unpacked = unpack_kernel(PackedKernel(np.full(6, 255, np.uint8), scale, (12, 4)))
    assert np.isfinite(unpacked).all()
    np.testing.assert_allclose(unpacked.mean(axis=0, dtype=np.float64), scale, rtol=1e-5)


def test_magnitudes_over_one_are_packed_as_the_quantizer_clips_them() -> None:
    packed = pack_kernel(4 * random_kernel(3, 3, 16, 8), clipped_per_filter)
    assert packed is not None
    assert packed.scale.shape == (8,)
    assert np.abs(unpack_kernel(packed)).max() <= 1


@pytest.mark.parametrize(
    "kernel",
    [
        np.array([[1, np.nan]], np.float32),
        np.array([[1, np.inf]], np.float32),
        np.array([[1, 1e300]]),
        np.zeros((3, 0), np.float32),
        np.array(1, np.float32),
        np.array([[1, -1]]),
        np.array([[True, False]]),
    ],
    ids=["nan", "inf", "too large for float32", "empty", "scalar", "integer", "boolean"],
)
def test_what_is_not_packed(kernel: np.ndarray) -> None:
    assert pack_kernel(kernel, sign) is None


@pytest.mark.parametrize("quantize", [ternary, two_bits, lambda kernel: kernel, lambda kernel: kernel.sum()])
def test_other_quantizers_are_not_packed(quantize: Quantizer) -> None:
    assert pack_kernel(random_kernel(3, 3, 8, 8), quantize) is None


def test_half_precision_and_views() -> None:
    kernel = random_kernel(6, 10)
    for variant in (kernel.astype(np.float16), kernel.astype(np.float64), kernel[::2, ::3], kernel.T):
        packed = pack_kernel(variant, per_filter)
        assert packed is not None
        assert_quantizes_alike(per_filter, np.asarray(variant, np.float32), packed)


def test_bfloat16() -> None:
    kernel = random_kernel(6, 10).astype(pytest.importorskip("ml_dtypes").bfloat16)
    packed = pack_kernel(kernel, per_filter)
    assert packed is not None
    assert_quantizes_alike(per_filter, kernel.astype(np.float32), packed)


def good() -> tuple[dict[str, np.ndarray], dict[str, str]]:
    packed = PackedKernel(np.array([255, 1], np.uint8), np.array([1, 2, 3], np.float32), (3, 3))
    return encode({"a": packed, "b": np.zeros(2, np.float32)})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"a.bits": None}, "'a.bits'.*found none"),
        ({"a.scale": None}, "'a.scale'.*found none"),
        ({"a.bits": np.zeros(1, np.uint8)}, "'a.bits': expected 2 bytes.*found 1"),
        ({"a.bits": np.zeros(3, np.uint8)}, "'a.bits': expected 2 bytes.*found 3"),
        ({"a.bits": np.zeros(0, np.uint8)}, "'a'"),
        ({"a.bits": np.zeros((1, 2), np.uint8)}, "'a.bits'.*one dimension"),
        ({"a.bits": np.zeros(2, np.int8)}, "'a.bits'.*found int8"),
        ({"a.bits": np.array([255, 3], np.uint8)}, "'a.bits'.*zeros after the 9 bits"),
        ({"a.scale": np.zeros(2, np.float32)}, r"'a.scale'.*\(3,\).*found float32 of shape \(2,\)"),
        ({"a.scale": np.zeros((1, 3), np.float32)}, "'a.scale'"),
        ({"a.scale": np.zeros(3, np.float64)}, "'a.scale'.*found float64"),
        ({"a.scale": np.array([1, np.nan, 1], np.float32)}, "'a.scale'.*found nan"),
        ({"a.scale": np.array(np.inf, np.float32)}, "'a.scale'.*found inf"),
        ({"a.scale": np.array([1, -2, 1], np.float32)}, "'a.scale'.*found -2"),
        ({"a": np.zeros(3, np.float32)}, "'a'.*second tensor"),
        ({"c.bits": np.zeros(3, np.uint8)}, "'c.bits'.*shape in the metadata"),
    ],
)
def test_tensors_that_do_not_fit_are_refused(changes: dict[str, np.ndarray | None], message: str) -> None:
    tensors, metadata = good()
    changed = {name: tensor for name, tensor in {**tensors, **changes}.items() if tensor is not None}
    assert decode(tensors, metadata)
    with pytest.raises(WeightFileError, match=message):
        decode(changed, metadata)


@pytest.mark.parametrize(
    "shape",
    [
        [],
        [9.0],
        [True, 3, 3],
        [0, 3],
        [-3, -3],
        ["3", "3"],
        [[3, 3]],
        [8],
        [17],
        [2**64, 2**64],
        [2**31, 2**31, 2**31],
        [10**4000] * 32,
        [1] * 33,
        [1] * 10**5,
        9,
        None,
        {"3": 3},
        "33",
    ],
    ids=lambda shape: repr(shape)[:20],
)
def test_claimed_shapes_are_refused_before_anything_is_allocated(shape: object) -> None:
    tensors, metadata = good()
    text = json.dumps({"a": shape})
    tracemalloc.start()
    try:
        with pytest.raises(WeightFileError, match="'a.*expected.*found") as caught:
            decode(tensors, {**metadata, "packed": text})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(str(caught.value)) < 1000
    assert peak < 20 * len(text) + 2**20


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"format": None}, "expected the format 'bnn_zoo', found None"),
        ({"format": "pt"}, "found 'pt'"),
        ({"version": None}, "expected version '1'.*found None"),
        ({"version": "2"}, "found '2'.*update"),
        ({"packed": None}, "found nothing"),
        ({"packed": ""}, "JSON"),
        ({"packed": "[]"}, "JSON object"),
        ({"packed": "{"}, "JSON object"),
        ({"packed": '{"a":[3,3],"a":[3,3]}'}, "twice"),
        ({"packed": "[" * 10**5}, "JSON object"),
        ({"packed": '{"a":' + "[" * 900 + "]" * 900 + "}"}, "expected"),
        ({"packed": '{"a":[' + "9" * 10**5 + "]}"}, "expected"),
        ({"packed": '{"a":[NaN]}'}, "JSON object"),
        ({"packed": "{}"}, "'a.bits'"),
    ],
    ids=range(14),
)
def test_metadata_is_checked(metadata: dict[str, str | None], message: str) -> None:
    tensors, sound = good()
    changed = {key: text for key, text in {**sound, **metadata}.items() if text is not None}
    with pytest.raises(WeightFileError, match=message):
        decode(tensors, changed)


def test_names_that_collide_are_refused() -> None:
    packed = pack_kernel(random_kernel(2, 2), sign)
    assert packed is not None
    with pytest.raises(ValueError, match=r"a\.bits"):
        encode({"a": packed, "a.bits": np.zeros(1)})
    with pytest.raises(ValueError, match=r"a\.scale"):
        encode({"a": packed, "a.scale": np.zeros(1)})


def test_no_tensorflow() -> None:
    program = (
        "import sys, bnn_zoo.hub.packing, bnn_zoo.hub.tensor_file\n"
        "raise SystemExit(any(name in sys.modules for name in ('tensorflow', 'keras', 'tf_keras', 'larq')))"
    )
    assert run_python(program).returncode == 0
