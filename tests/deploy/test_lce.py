"""Every network in Larq Compute Engine against Keras."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from deploy_models import ODD_SIZE, Sample, narrow_model, random_norms
from exact_weights import ROUNDING, exact_pictures, exact_weights
from narrow import DISTINCT, noise

from bnn_zoo import deploy
from bnn_zoo._keras import keras, larq, tf
from bnn_zoo._layer_graph import read_layer_graph
from bnn_zoo.blocks import Binarization, binary_conv
from bnn_zoo.blocks.layers import SymmetricMaxPooling2D, SymmetricQuantConv2D
from bnn_zoo.deploy.lce.rewrite import float_layers, rewrite_for_lce


def operations(model: Any) -> list[str]:
    """The operations of a network's .tflite file."""
    from tensorflow.lite.python import schema_py_generated as schema

    from bnn_zoo.deploy.lce.convert import convert

    file = schema.ModelT.InitFromObj(schema.Model.GetRootAs(convert(model), 0))
    builtin = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
    codes = [file.operatorCodes[operation.opcodeIndex] for operation in file.subgraphs[0].operators]
    return [
        code.customCode.decode() if code.customCode else builtin[max(code.builtinCode, code.deprecatedBuiltinCode)]
        for code in codes
    ]


@pytest.mark.filterwarnings("ignore:Larq Compute Engine computes")
def test_rewritten_networks_predict_the_same(sample: Sample) -> None:
    difference = deploy.compare(sample.model, rewrite_for_lce(sample.model), sample.pictures)
    assert difference.top1_changes == 0 and difference.largest < 1e-4


@pytest.mark.parametrize("sample", [name for name in DISTINCT if name in ROUNDING or name == "birealnet"], indirect=True)
@pytest.mark.filterwarnings("ignore:Larq Compute Engine computes")
def test_the_interpreter_predicts_the_same(sample: Sample) -> None:
    pytest.importorskip("larq_compute_engine")
    difference = deploy.compare(sample.model, deploy.compile(sample.model, "lce", threads=1), sample.pictures[:8])
    assert difference.top1_changes == 0 and difference.largest < 1e-4


@pytest.mark.parametrize("name", [name for name in DISTINCT if name not in ROUNDING])
@pytest.mark.filterwarnings("ignore:Larq Compute Engine computes")
def test_no_feature_differs_where_nothing_rounds(name: str) -> None:
    pytest.importorskip("larq_compute_engine")
    model = exact_weights(narrow_model(name, include_top=False, input_shape=ODD_SIZE))
    images = exact_pictures(*ODD_SIZE[:2], batch=3)
    given, expected = deploy.compile(model, "lce", threads=1).predict(images), model.predict(images, verbose=0)
    assert np.array_equal(given, expected)


@pytest.mark.parametrize("name", ["birealnet34", "reactnet_a", "group_net18", "quicknet"])
def test_all_binary_layers_use_the_binary_kernels(name: str) -> None:
    pytest.importorskip("larq_compute_engine")
    model = narrow_model(name)
    calls = [call for call in read_layer_graph(model).calls if getattr(call.layer, "input_quantizer", None) is not None]
    assert operations(model).count("LceBconv2d") == len(calls) > 0


@pytest.mark.parametrize("pad_values", [0.0, 1.0, -1.0])
@pytest.mark.parametrize("alignment", ["end", "symmetric"])
@pytest.mark.parametrize(("size", "kernel", "strides"), [(8, 3, 1), (8, 3, 2), (9, 3, 2), (9, 3, 3), (8, 5, 2), (2, 3, 2)])
def test_padding_is_that_of_keras(pad_values: float, alignment: str, size: int, kernel: int, strides: int) -> None:
    pytest.importorskip("larq_compute_engine")
    settings = Binarization(pad_values=pad_values, padding_alignment=alignment)  # type: ignore[arg-type]
    images = keras.Input((size, size, 32))
    model = random_norms(keras.Model(images, binary_conv(images, 32, kernel, strides=strides, binarization=settings)))
    pictures = noise(size, size, 32, batch=2)
    assert np.array_equal(deploy.compile(model, "lce").predict(pictures), model.predict(pictures, verbose=0))
    assert operations(model).count("LceBconv2d") == 1 and "CONV_2D" not in operations(model)


SYMMETRIC = {
    "convolution": lambda: SymmetricQuantConv2D(4, 3, strides=2, padding="same"),
    "stem": lambda: SymmetricQuantConv2D(4, 7, strides=2, padding="same"),
    "quantized inputs": lambda: SymmetricQuantConv2D(4, 3, strides=2, padding="same", pad_values=1.0, input_quantizer="ste_sign"),
    "max-pool": lambda: SymmetricMaxPooling2D(3, 2, padding="same"),
    "max-pool of even size": lambda: SymmetricMaxPooling2D(2, 2, padding="same"),
}


@pytest.mark.parametrize("layer", SYMMETRIC)
@pytest.mark.parametrize("size", [8, 9])
def test_symmetric_padding_of_real_layers(layer: str, size: int) -> None:
    pytest.importorskip("larq_compute_engine")
    images = keras.Input((size, size, 5))
    model = random_norms(keras.Model(images, SYMMETRIC[layer]()(images)))
    pictures = noise(size, size, 5)
    assert np.allclose(deploy.compile(model, "lce").predict(pictures), model.predict(pictures, verbose=0), atol=1e-5)


STRIDED = {
    "convolution": lambda: keras.layers.Conv2D(4, 3, strides=2),
    "depthwise": lambda: keras.layers.DepthwiseConv2D(3, strides=2),
    "max-pool": lambda: keras.layers.MaxPooling2D(3, 2),
    "average pool": lambda: keras.layers.AveragePooling2D(3, 2),
}


@pytest.mark.parametrize("layer", STRIDED)
@pytest.mark.parametrize("size", [8, 9])
def test_zero_padding_before_strides(layer: str, size: int) -> None:
    pytest.importorskip("larq_compute_engine")
    images = keras.Input((size, size, 5))
    model = random_norms(keras.Model(images, STRIDED[layer]()(keras.layers.ZeroPadding2D(1)(images))))
    pictures = noise(size, size, 5)
    assert np.allclose(deploy.compile(model, "lce").predict(pictures), model.predict(pictures, verbose=0), atol=1e-5)


def test_kernels_larger_than_their_picture() -> None:
    pytest.importorskip("larq_compute_engine")
    images = keras.Input((2, 2, 32))
    layer = larq.layers.QuantConv2D(
        32,
        3,
        padding="same",
        use_bias=False,
        input_quantizer="ste_sign",
        kernel_quantizer="ste_sign",
        kernel_constraint="weight_clip",
    )
    model = random_norms(keras.Model(images, layer(images)))
    pictures = noise(2, 2, 32)
    assert np.array_equal(deploy.compile(model, "lce").predict(pictures), model.predict(pictures, verbose=0))


def test_what_stays_float_is_named() -> None:
    found = float_layers(read_layer_graph(narrow_model("binarynet")))
    assert [layer.name for layer in found] == ["section_0_block_0_conv"]
    assert found[0].reason == "its inputs are real-valued"
    with pytest.warns(UserWarning, match="section_0_block_0_conv"):
        rewrite_for_lce(narrow_model("binarynet", section_filters=(64, 8, 8)))


def test_padding_that_a_layer_does_not_have_leaves_it_binary() -> None:
    for padding, expected in (("valid", []), ("same", ["its padding is 0.5"])):
        images = keras.Input((6, 6, 32))
        y = larq.layers.QuantConv2D(8, 3, padding=padding, pad_values=0.5, **QUANTIZERS)(images)
        assert [layer.reason for layer in float_layers(read_layer_graph(keras.Model(images, y)))] == expected


QUANTIZERS = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign", "kernel_constraint": "weight_clip"}


@pytest.mark.parametrize("pad_values", [0.0, 1.0, -1.0])
@pytest.mark.parametrize("kind", [larq.layers.QuantConv2D, SymmetricQuantConv2D])
@pytest.mark.parametrize("strides", [1, 2])
def test_groups_become_binary_convolutions_of_their_own(kind: Any, strides: int, pad_values: float) -> None:
    pytest.importorskip("larq_compute_engine")
    images = keras.Input((7, 6, 24))
    layer = kind(8, 3, strides, padding="same", groups=2, use_bias=False, pad_values=pad_values, **QUANTIZERS)
    model = random_norms(keras.Model(images, layer(images)))
    pictures = noise(7, 6, 24)
    assert np.array_equal(deploy.compile(model, "lce").predict(pictures), model.predict(pictures, verbose=0))
    assert operations(model).count("LceBconv2d") == 2 and "CONV_2D" not in operations(model)


@pytest.mark.parametrize("shape", [(4, 4, 32), (16, 32)])
@pytest.mark.filterwarnings("ignore:Larq Compute Engine computes")
def test_dense_layers_of_pixels(shape: tuple[int, ...]) -> None:
    pytest.importorskip("larq_compute_engine")
    images = keras.Input((4, 4, 32))
    y = larq.layers.QuantDense(32, use_bias=False, **QUANTIZERS)(keras.layers.Reshape(shape)(images))
    model = random_norms(keras.Model(images, larq.layers.QuantDense(8, **QUANTIZERS)(keras.layers.BatchNormalization()(y))))
    pictures = noise(4, 4, 32)
    assert np.allclose(deploy.compile(model, "lce").predict(pictures), model.predict(pictures, verbose=0), atol=1e-4)


def test_what_the_engine_cannot_run_is_named(tmp_path: Path) -> None:
    pytest.importorskip("larq_compute_engine")
    images = keras.Input((4, 4, 3))
    model = keras.Model(images, keras.layers.Lambda(lambda x: tf.linalg.det(tf.transpose(x, (0, 3, 1, 2))))(images))
    with pytest.raises(deploy.UnsupportedLayerError, match="MatrixDeterminant"):
        deploy.compile(model, "lce")
    with pytest.raises(deploy.UnsupportedLayerError, match="MatrixDeterminant"):
        deploy.export(model, tmp_path / "network.tflite")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "bfloat16"])
def test_a_model_of_any_precision_runs_in_float32(policy: str) -> None:
    pytest.importorskip("larq_compute_engine")
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(policy)
    try:
        images = keras.Input((6, 6, 32))
        y = keras.layers.Conv2D(4, 1)(keras.layers.BatchNormalization()(_binary(32)(2.0 * images)))
        model = random_norms(keras.Model(images, y))
        given = deploy.compile(model, "lce").predict(noise(6, 6, 32))
        assert keras.mixed_precision.global_policy().name == policy
    finally:
        keras.mixed_precision.set_global_policy(before)
    expected = np.asarray(model.predict(noise(6, 6, 32), verbose=0), np.float32)
    assert np.abs(given - expected).max() < 0.05 * np.abs(expected).max()


def test_what_is_not_converted_is_named_with_the_reason() -> None:
    pytest.importorskip("larq_compute_engine")
    images = keras.Input((4, 4, 3))
    norm = keras.layers.BatchNormalization(name="norm")(images, training=True)
    with pytest.raises(deploy.UnsupportedLayerError, match=r"^layer 'norm'.*training=True"):
        deploy.compile(keras.Model(images, norm), "lce")
    half = keras.layers.Lambda(lambda x: tf.cast(tf.cast(x, tf.bfloat16) * 2, tf.float32))(images)
    with pytest.raises(deploy.UnsupportedLayerError, match=r"cannot convert this network: .*bf16.*take another backend"):
        deploy.compile(keras.Model(images, half), "lce")


@pytest.mark.parametrize("place", ["input_quantizer", "layer"])
def test_ternary_features_are_refused_by_name(place: str) -> None:
    """The converter would take them for signs."""
    images = keras.Input((6, 6, 8))
    ternary = larq.quantizers.SteTern(name="ternary") if place == "layer" else keras.layers.Conv2D(8, 1)
    y = ternary(images)
    options = {} if place == "layer" else {place: "ste_tern"}
    model = keras.Model(images, larq.layers.QuantConv2D(4, 3, **options)(y))
    with pytest.raises(deploy.UnsupportedLayerError, match="layer '(ternary|quant_conv2d).*ternarizes features"):
        rewrite_for_lce(model)


class DoubledConvolution(larq.layers.QuantConv2D):
    def call(self, inputs: Any) -> Any:
        return 2.0 * super().call(inputs)


class PaddedWithOnes(keras.layers.ZeroPadding2D):
    def call(self, inputs: Any) -> Any:
        return 1.0 + super().call(inputs)


class FallingMaximum(keras.layers.MaxPooling2D):
    def call(self, inputs: Any) -> Any:
        return -super().call(inputs)


class ShiftedNorm(keras.layers.BatchNormalization):
    def call(self, inputs: Any, training: Any = None) -> Any:
        return 3.0 + super().call(inputs, training=training)


def _binary(filters: int, **options: Any) -> Any:
    return larq.layers.QuantConv2D(filters, 1, use_bias=False, **QUANTIZERS, **options)


SUBCLASSES: dict[str, Callable[[Any], Any]] = {
    "convolution": lambda x: DoubledConvolution(8, 3, **QUANTIZERS)(x),
    "padding": lambda x: keras.layers.Conv2D(4, 3, strides=2)(PaddedWithOnes(1)(x)),
    "pool": lambda x: _binary(4)(keras.layers.BatchNormalization()(FallingMaximum(2)(_binary(8)(x)))),
    "batch norm": lambda x: _binary(4)(ShiftedNorm()(_binary(8)(x))),
}


@pytest.mark.parametrize("layer", SUBCLASSES)
@pytest.mark.filterwarnings("ignore:Larq Compute Engine computes")
def test_layers_of_a_users_own_class_compute_what_they_compute(layer: str) -> None:
    images = keras.Input((6, 6, 8))
    model = random_norms(keras.Model(images, SUBCLASSES[layer](images)))
    pictures = noise(6, 6, 8)
    assert np.allclose(rewrite_for_lce(model)(pictures), model(pictures), atol=1e-4)


@pytest.mark.parametrize("around", [lambda layer: layer, keras.layers.Bidirectional])
def test_an_lstm_that_would_become_one_operation_is_refused(around: Callable[[Any], Any]) -> None:
    pytest.importorskip("larq_compute_engine")

    def network(unroll: bool) -> Any:
        images = keras.Input((4, 4, 3))
        rows = keras.layers.Reshape((4, 12))(images)
        return keras.Model(images, around(keras.layers.LSTM(5, unroll=unroll, name="memory"))(rows))

    unrolled, pictures = network(True), noise(4, 4, batch=3)
    found = deploy.compile(unrolled, "lce").predict(pictures)
    assert np.abs(found - unrolled.predict(pictures, verbose=0)).max() < 1e-5
    with pytest.raises(deploy.UnsupportedLayerError, match="^layer .* holds an LSTM.*unroll=True"):
        deploy.compile(network(False), "lce")
