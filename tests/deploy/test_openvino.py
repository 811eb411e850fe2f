"""Every network on OpenVINO against Keras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from deploy_models import ODD_SIZE, Sample, narrow_model, random_norms, sure_pictures
from exact_weights import ROUNDING, exact_pictures, exact_weights
from narrow import DISTINCT, noise

from bnn_zoo import deploy
from bnn_zoo._keras import keras, larq, tf
from bnn_zoo._layer_graph import read_layer_graph

pytest.importorskip("openvino")


def kinds(model: Any) -> list[str]:
    """The operations of a converted network."""
    from bnn_zoo.deploy.openvino.convert import convert

    return [node.get_type_name() for node in convert(model).get_ops()]


def test_networks_predict_the_same(sample: Sample) -> None:
    runtime = deploy.compile(sample.model, threads=1)
    assert deploy.compare(sample.model, runtime, noise(batch=48)).top1_changes == 0
    pictures = sample.pictures[np.resize(np.arange(len(sample.pictures)), 32)]
    for batch in (1, 32):
        difference = deploy.compare(sample.model, runtime, pictures, batch_size=batch)
        assert difference.top1_changes == 0 and difference.largest < 1e-4


@pytest.mark.parametrize(("name", "scaling"), [("birealnet", "channel"), ("birealnet50", "outer")])
def test_learnt_factors(name: str, scaling: str) -> None:
    model = narrow_model(name, scaling=scaling)
    pictures = sure_pictures(model, noise(batch=32))
    difference = deploy.compare(model, deploy.compile(model, threads=1), pictures)
    assert difference.top1_changes == 0 and difference.largest < 1e-4


@pytest.mark.parametrize("name", DISTINCT)
def test_features_of_odd_sizes(name: str) -> None:
    model = narrow_model(name, include_top=False, input_shape=ODD_SIZE)
    images = sure_pictures(model, noise(*ODD_SIZE, batch=32))[:3]
    expected, given = model.predict(images, verbose=0), deploy.compile(model, threads=1).predict(images)
    assert given.shape == expected.shape
    assert np.abs(given - expected).max() < 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize("name", [name for name in DISTINCT if name not in ROUNDING])
def test_no_feature_differs_where_nothing_rounds(name: str) -> None:
    model = exact_weights(narrow_model(name, include_top=False, input_shape=ODD_SIZE))
    images = exact_pictures(*ODD_SIZE[:2], batch=8)
    assert np.array_equal(deploy.compile(model, threads=1).predict(images), model.predict(images, verbose=0))


def test_all_binary_layers_use_the_binary_kernels(sample: Sample) -> None:
    model = sample.model
    quantized = (larq.layers.QuantConv2D, larq.layers.QuantDense)
    calls = [call for call in read_layer_graph(model).calls if isinstance(call.layer, quantized)]
    binary = [call for call in calls if call.layer.input_quantizer is not None]
    planes = 2 if sample.name == "dorefanet" else 1
    # A 3x3 window is padded by its dilation; where that is more than the kernels take, a layer padded with zeros is two.
    wide = [c for c in binary if getattr(c.layer, "dilation_rate", (1, 1))[1] > 2 and c.layer.pad_values == 0]
    assert bool(wide) == (sample.name == "binary_densenet37_dilated")
    assert kinds(model).count("BinaryConvolution") == planes * len(binary) + len(wide) > 0


@pytest.mark.parametrize("layer", ["convolution", "dense"])
def test_a_real_layer_behind_signs(layer: str) -> None:
    """Binarized outputs are not what the guide advises, but a user's network may have them."""
    images = keras.Input((6, 6, 8))
    y = larq.layers.QuantConv2D(8, 1, input_quantizer="ste_sign", kernel_quantizer="ste_sign")(images)
    if layer == "dense":
        y = larq.layers.QuantDense(8, kernel_quantizer="ste_sign")(keras.layers.Flatten()(y))
    y = larq.quantizers.SteSign()(keras.layers.BatchNormalization()(y))
    y = keras.layers.Conv2D(4, 3)(y) if layer == "convolution" else keras.layers.Dense(4)(y)
    model = random_norms(keras.Model(images, y))
    pictures = noise(6, 6, 8)
    assert np.allclose(deploy.compile(model, threads=1).predict(pictures), model.predict(pictures, verbose=0), atol=1e-5)


def test_a_free_size_takes_any_picture() -> None:
    model = narrow_model("birealnet", input_shape=(None, None, 3), stem="cifar")
    runtime = deploy.compile(model, threads=1)
    for size in ((32, 32), (41, 33)):
        assert deploy.compare(model, runtime, noise(*size, batch=3)).largest < 1e-4


def test_a_stream_of_any_sizes() -> None:
    images = keras.Input((None, None, 3))
    runtime = deploy.compile(keras.Model(images, keras.layers.ReLU()(images)), threads=1)
    one, other = noise(4, 4), noise(5, 3)
    given = [None, one[:0], one, one, None, one, other, one, None, other, other[:0], one, one, one, one[:0], None]
    found = list(runtime.predict_stream(given))  # type: ignore[attr-defined]
    for output, batch in zip(found, given, strict=True):
        assert output is None if batch is None else np.array_equal(output, np.maximum(batch, 0))


@pytest.mark.parametrize("pad_values", [0.0, 1.0, -1.0])
@pytest.mark.parametrize("alignment", ["end", "symmetric"])
@pytest.mark.parametrize(("strides", "dilation"), [(1, 1), (2, 1), (1, 2)])
@pytest.mark.parametrize(("size", "kernel"), [(8, 3), (9, 3), (9, 5)])
def test_padding_is_that_of_keras(pad_values: float, alignment: str, strides: int, dilation: int, size: int, kernel: int) -> None:
    from bnn_zoo.blocks import Binarization, binary_conv

    settings = Binarization(pad_values=pad_values, padding_alignment=alignment)  # type: ignore[arg-type]
    images = keras.Input((size, size, 8))
    model = keras.Model(images, binary_conv(images, 9, kernel, strides=strides, dilation_rate=dilation, binarization=settings))
    pictures = noise(size, size, 8, batch=2)
    assert np.array_equal(deploy.compile(model, threads=1).predict(pictures), model.predict(pictures, verbose=0))


@pytest.mark.parametrize("pad_values", [0.0, 1.0, -1.0])
@pytest.mark.parametrize("quantizer", ["ste_sign", "dorefa"])
@pytest.mark.parametrize(
    ("size", "kernel", "strides", "dilation"),
    [(1, 5, 1, 1), (2, 3, 1, 4), (1, 3, 1, 2), (9, 9, 2, 1), (16, 11, 4, 1), (8, 7, 1, 1), (8, 3, 1, 4)],
)
def test_padding_that_the_binary_kernels_do_not_take(
    size: int, kernel: int, strides: int, dilation: int, quantizer: str, pad_values: float
) -> None:
    images = keras.Input((size, size, 12))
    layer = larq.layers.QuantConv2D(
        9,
        kernel,
        strides=strides,
        dilation_rate=dilation,
        padding="same",
        pad_values=pad_values,
        input_quantizer=larq.quantizers.DoReFa(2) if quantizer == "dorefa" else quantizer,
        kernel_quantizer="ste_sign",
        kernel_constraint="weight_clip",
    )
    norms = [keras.layers.BatchNormalization() for _ in range(2)]
    model = random_norms(keras.Model(images, norms[1](layer(norms[0](images)))))
    pictures = noise(size, size, 12, batch=2)
    assert np.allclose(deploy.compile(model, threads=1).predict(pictures), model.predict(pictures, verbose=0), atol=1e-4)
    if quantizer == "ste_sign":
        assert "BinaryConvolution" in kinds(model) and "Convolution" not in kinds(model)


def test_wide_padding_of_a_free_size() -> None:
    images = keras.Input((None, None, 8))
    y = larq.layers.QuantConv2D(
        8,
        3,
        dilation_rate=4,
        padding="same",
        input_quantizer="ste_sign",
        kernel_quantizer="ste_sign",
        kernel_constraint="weight_clip",
    )(images)
    model = keras.Model(images, y)
    runtime = deploy.compile(model, threads=1)
    for size in ((2, 3), (9, 7)):
        pictures = noise(*size, 8, batch=2)
        assert np.array_equal(runtime.predict(pictures), model.predict(pictures, verbose=0))


@pytest.mark.parametrize("channels", [8, 12, 20, 22, 33, 5])
@pytest.mark.parametrize("pad_values", [0.0, 1.0])
def test_any_number_of_channels(channels: int, pad_values: float) -> None:
    images = keras.Input((6, 6, channels))
    layer = larq.layers.QuantConv2D(
        7,
        3,
        padding="same",
        pad_values=pad_values,
        input_quantizer="ste_sign",
        kernel_quantizer="ste_sign",
        kernel_constraint="weight_clip",
    )
    model = keras.Model(images, layer(images))
    pictures = noise(6, 6, channels)
    assert np.array_equal(deploy.compile(model, threads=1).predict(pictures), model.predict(pictures, verbose=0))


@pytest.mark.parametrize(("channels", "filters", "groups"), [(32, 64, 8), (12, 24, 6), (6, 6, 3), (8, 8, 8), (24, 12, 2)])
def test_groups_of_any_width(channels: int, filters: int, groups: int) -> None:
    from bnn_zoo.blocks import grouped_conv

    images = keras.Input((9, 7, channels))
    model = random_norms(keras.Model(images, grouped_conv(images, filters, 3, groups)))
    pictures = noise(9, 7, channels)
    assert np.allclose(deploy.compile(model, threads=1).predict(pictures), model.predict(pictures, verbose=0), atol=1e-5)


@pytest.mark.parametrize("value", [0.0, -0.0, 1e-30, -1e-30, float(np.finfo(np.float32).tiny), -2e-38])
def test_the_sign_of_zero_is_plus_one(value: float) -> None:
    images = keras.Input((1, 1, 8))
    layer = larq.layers.QuantConv2D(1, 1, input_quantizer="ste_sign", kernel_quantizer="ste_sign", kernel_constraint="weight_clip")
    model = keras.Model(images, layer(images))
    layer.set_weights([np.ones((1, 1, 8, 1), np.float32), np.zeros(1, np.float32)])
    given = deploy.compile(model, threads=1).predict(np.full((1, 1, 1, 8), value, np.float32))
    assert given.item() == (8 if value >= 0 else -8)


@pytest.mark.parametrize("bits", [1, 2, 3, 4])
def test_dorefa_activations_of_any_bits(bits: int) -> None:
    model = narrow_model("dorefanet", binarization=_dorefa(bits), input_shape=(16, 16, 3))
    pictures = sure_pictures(model, noise(16, 16, batch=32))
    assert deploy.compare(model, deploy.compile(model, threads=1), pictures).largest < 1e-5


def _dorefa(bits: int) -> Any:
    from dataclasses import replace

    from bnn_zoo.models.dorefanet import DOREFANET

    return replace(DOREFANET, activation_bits=bits)


def test_nested_models_and_shared_layers() -> None:
    inner = keras.Sequential([keras.layers.Conv2D(8, 3, padding="same"), keras.layers.BatchNormalization(), keras.layers.ReLU(6.0)])
    images = keras.Input((10, 12, 8))
    y = inner(images)
    y = inner(y)
    y = keras.layers.Multiply()([y, keras.layers.Activation("sigmoid")(inner(y))])
    model = random_norms(keras.Model(images, keras.layers.GlobalAveragePooling2D()(y)))
    pictures = noise(10, 12, 8)
    assert np.allclose(deploy.compile(model, threads=1).predict(pictures), model.predict(pictures, verbose=0), atol=1e-5)


def test_nothing_foldable_is_left() -> None:
    operations = kinds(narrow_model("binarynet"))
    # Between binary layers there are thresholds only; the last batch norm is one multiply-add.
    assert operations.count("Multiply") == operations.count("Add") == 1
    assert "Convert" not in operations and "Select" not in operations


def test_binary_kernels_of_real_inputs_are_bytes(tmp_path: Path) -> None:
    images = keras.Input((6, 6, 64))
    layer = larq.layers.QuantConv2D(96, 1, kernel_quantizer="magnitude_aware_sign")
    model = random_norms(keras.Model(images, keras.layers.BatchNormalization()(layer(images))))
    path = deploy.export(model, tmp_path / "network.xml")
    assert path.with_suffix(".bin").stat().st_size < 1.3 * 64 * 96
    pictures = noise(6, 6, 64)
    assert np.allclose(deploy.compile(model, threads=1).predict(pictures), model.predict(pictures, verbose=0), atol=1e-4)


class Doubled(keras.layers.Layer):  # type: ignore[misc]
    def call(self, inputs: Any) -> Any:
        return inputs * 2.0 + tf.reduce_max(inputs) * 0.0


def test_an_unknown_layer_is_named_and_can_be_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    images = keras.Input((4, 4, 3))
    model = keras.Model(images, Doubled(name="twice")(images))
    with pytest.raises(deploy.UnsupportedLayerError, match=r"'twice'.*Doubled.*node 0.*register_converter"):
        deploy.compile(model)
    from openvino import opset13 as ops

    monkeypatch.setattr("bnn_zoo.deploy.registered._registered", {})
    deploy.register_converter(Doubled, lambda layer, inputs: ops.multiply(inputs[0], np.float32(2)))
    assert np.array_equal(deploy.compile(model).predict(noise(4, 4)), 2 * noise(4, 4))


@pytest.mark.parametrize(
    ("converter", "message"),
    [
        (lambda layer, inputs: None, "gave None; it must give"),
        (lambda layer, inputs: inputs[1], r"failed \(IndexError: list index"),
    ],
)
def test_a_converter_that_fails_names_the_layer(monkeypatch: pytest.MonkeyPatch, converter: Any, message: str) -> None:
    images = keras.Input((4, 4, 3))
    monkeypatch.setattr("bnn_zoo.deploy.registered._registered", {})
    deploy.register_converter(Doubled, converter)
    with pytest.raises(deploy.UnsupportedLayerError, match=f"^layer 'twice' .*{message}"):
        deploy.compile(keras.Model(images, Doubled(name="twice")(images)))


def test_a_subclassed_model_is_refused() -> None:
    class Own(keras.Model):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            return inputs

    with pytest.raises(TypeError, match="functional or sequential"):
        deploy.compile(Own())


class Residual(keras.Sequential):  # type: ignore[misc]
    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        return inputs + super().call(inputs, training=training)


def test_a_model_with_a_call_of_its_own_is_not_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    inner = Residual([keras.layers.ReLU(input_shape=(4, 4, 3))])
    images = keras.Input((4, 4, 3))
    model = keras.Model(images, inner(images))
    with pytest.raises(TypeError, match="functional or sequential"):
        deploy.compile(inner)
    with pytest.raises(deploy.UnsupportedLayerError, match=r"Residual.*register_converter\(Residual"):
        deploy.compile(model)
    assert deploy.compare(model, deploy.fold_batch_norm(model), noise(4, 4)).largest == 0
    from openvino import opset13 as ops

    monkeypatch.setattr("bnn_zoo.deploy.registered._registered", {})
    deploy.register_converter(Residual, lambda layer, inputs: ops.add(inputs[0], ops.relu(inputs[0])))
    assert np.array_equal(deploy.compile(model).predict(noise(4, 4)), model.predict(noise(4, 4), verbose=0))


def test_images_of_a_wrong_shape_are_refused() -> None:
    runtime = deploy.compile(narrow_model("birealnet"), threads=1)
    with pytest.raises(ValueError, match=r"\(32, 32, 3\); this network takes \(batch, 32, 32, 3\)"):
        runtime.predict(noise()[0])
    with pytest.raises(ValueError, match="batch_size is 0"):
        runtime.predict(noise(), batch_size=0)
    assert runtime.predict(noise()[:0]).shape == (0, 10)
    assert np.array_equal(runtime.predict(noise(batch=13), batch_size=4)[7:8], runtime.predict(noise(batch=13)[7:8]))


def test_pictures_that_are_too_small_are_told_in_one_line() -> None:
    images = keras.Input((None, None, 3))
    runtime = deploy.compile(keras.Model(images, keras.layers.Conv2D(2, 3, name="conv")(images)), threads=1)
    message = (
        r"^OpenVINO cannot run this network on pictures of \(1, 2, 2, 3\) at layer 'conv': Kernel after dilation .*at axis 0\.$"
    )
    small = noise(2, 2)[:1]
    calls = (lambda: runtime.predict(small), lambda: runtime.predict(small[:0]), lambda: list(runtime.predict_stream([small])))  # type: ignore[attr-defined]
    for call in calls:
        with pytest.raises(ValueError, match=message):
            call()


@pytest.mark.parametrize(
    ("pictures", "batch_size", "sizes"), [(1999, 1000, 2), (13, 32, 1), (5, 4, 2), (3, 3, 1), (21, 32, 3), (1600, 1000, 5)]
)
def test_few_sizes_of_batches_are_compiled(pictures: int, batch_size: int, sizes: int) -> None:
    images = keras.Input((2, 2, 3))
    runtime = deploy.compile(keras.Model(images, keras.layers.ReLU()(images)), threads=1)
    given = noise(2, 2, batch=pictures)
    assert np.array_equal(runtime.predict(given, batch_size=batch_size), np.maximum(given, 0))
    assert len(runtime._compiled) <= sizes  # type: ignore[attr-defined]


def test_a_layer_without_a_kernel_is_named() -> None:
    from bnn_zoo.blocks import binary_conv

    images = keras.Input((None, None, 8))  # how wide the padding is depends on the picture
    runtime = deploy.compile(keras.Model(images, binary_conv(images, 9, 9, strides=2, name="wide")), "openvino")
    with pytest.raises(ValueError, match=r"pictures of \(1, 5, 5, 8\): BinaryConvolution node with name 'wide.*' has unsupported"):
        runtime.predict(np.zeros((1, 5, 5, 8), np.float32))
