"""Networks that are not of the zoo, saved and loaded: what a configuration may name, and what none gets Keras to do."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from narrow import filled, noise, randomize
from small_network import outputs

import bnn_zoo
from bnn_zoo import blocks
from bnn_zoo._keras import keras, larq, tf
from bnn_zoo.blocks import Binarization
from bnn_zoo.hub import WeightFileError, save_pretrained
from bnn_zoo.hub.allowed_classes import CLASSES
from bnn_zoo.hub.custom import config_of, rebuild

L = keras.layers


def of_layers(*layers: Any) -> dict[str, Any]:
    """The configuration of a network of the layers given, one behind the other."""
    first = {"batch_input_shape": [None, 4], "dtype": "float32", "sparse": False, "ragged": False, "name": "i"}
    start = {"module": "keras.layers", "class_name": "InputLayer", "config": first, "registered_name": None}
    return {"class_name": "Sequential", "config": {"name": "s", "layers": [start, *layers]}}


def layer(kind: str, module: str | None = "keras.layers", **settings: Any) -> dict[str, Any]:
    value = {"class_name": kind, "config": {"name": "l", **settings}}
    return value if module is None else {"module": module, "registered_name": None, **value}


def test_an_operation_of_tensorflow_is_not_run(tmp_path: Path) -> None:
    text = base64.b64encode(f"file://{tmp_path}/written".encode()).decode()
    attributes = {"T": {"type": "DT_FLOAT"}, "tensor_name": {"s": "aTow"}, "debug_urls": {"list": {"s": [text]}}}
    node = {"name": "d", "op": "DebugIdentity", "input": ["i"], "attr": attributes}
    for module in (None, "keras.layers", "tf_keras.src.engine.base_layer"):
        with pytest.raises(WeightFileError, match="has a TensorFlowOpLayer layer, which holds code"):
            model = rebuild(of_layers(layer("TensorFlowOpLayer", module, node_def=node, constants={})), "hostile")
            model(np.ones((1, 4), np.float32))
    assert not (tmp_path / "written").exists()


@pytest.mark.parametrize("kind", ["StringLookup", "IntegerLookup", "TextVectorization"])
def test_no_file_of_this_machine_is_read(tmp_path: Path, kind: str) -> None:
    (tmp_path / "secret").write_text("1\n2\n")
    with pytest.raises(WeightFileError, match=rf"has a '{kind}', which is none of the classes that are rebuilt from a file"):
        rebuild(of_layers(layer(kind, vocabulary=str(tmp_path / "secret"))), "hostile")


@pytest.mark.parametrize(
    "value",
    [
        layer("Bidirectional"),
        layer("Dense", "tf_keras.src.layers.core.lambda_layer"),
        layer("SteSign", "tf_keras.src.layers.core.lambda_layer") | {"registered_name": "Lambda"},
        layer("Dense") | {"registered_name": "Lambda"},
        layer("Custom>SharpnessAwareMinimization", None),
        layer("Lambda", "bnn_zoo.blocks.layers") | {"registered_name": "SteSign"},
        layer("TypeSpec") | {"registered_name": "SteSign"},
        layer("__typespec__", "os") | {"registered_name": "SteSign", "spec_name": "system"},
        {"module": "os", "class_name": "function", "config": "system", "registered_name": "SteSign"},
        {"module": "builtins", "class_name": "function", "config": "system", "registered_name": "function"},
        layer("Dense", units=3, activation=layer("Hashing", num_bins=3)),
        layer("Dense", units=3, kernel_initializer={"module": "os", "class_name": "system", "config": {}}),
        {"class_name": ["Dense"], "config": {}},
        {"class_name": "TFOpLambda", "config": {"function": ["nn.relu"]}},
    ],
)
def test_by_no_detour(value: dict[str, Any]) -> None:
    with pytest.raises(WeightFileError):
        rebuild(of_layers(value), "hostile")


def test_what_is_no_network_or_nested_too_deeply() -> None:
    with pytest.raises(WeightFileError, match="describes a Dense, not a network"):
        rebuild(layer("Dense", units=3), "hostile")
    nested: Any = 3
    for _ in range(2000):
        nested = [nested]
    with pytest.raises(WeightFileError, match="cannot build"):
        rebuild(of_layers(nested), "hostile")


def test_every_class_that_is_allowed_is_one_of_keras() -> None:
    rooms = [L, keras.initializers, keras.regularizers, keras.constraints, keras.models, keras.mixed_precision]
    assert CLASSES - {name for room in rooms for name in dir(room)} == {"Functional"}


def test_what_networks_of_others_consist_of(tmp_path: Path) -> None:
    images = keras.Input((8, 8, 3))
    clip = larq.constraints.WeightClip(1.0)
    x = L.Normalization(mean=np.ones(3), variance=np.ones(3))(images)
    x = L.RandomFlip()(x)
    x = L.Conv2D(4, 3, activation=larq.activations.hard_tanh, kernel_regularizer="l2", kernel_constraint=clip)(x)
    x = L.Conv2D(4, 3, activation=L.LeakyReLU(0.1), dtype=keras.mixed_precision.Policy("mixed_bfloat16"))(x)
    x = L.Rescaling([1.0, 2.0, 3.0, 4.0])(L.Activation("linear", dtype="float32")(x))
    inner = keras.Sequential([L.Conv2D(4, 1, kernel_initializer=keras.initializers.HeNormal())], name="inner")
    inner.build((None, 4, 4, 4))
    inner.compile("adam", "mse", metrics=["mse"])
    x = inner(x) + np.ones(4, np.float32)
    quantizer = larq.quantizers.SteSign()
    x = larq.layers.QuantConv2D(3, 1, kernel_quantizer="ste_sign", input_quantizer=quantizer, kernel_constraint=clip)(x)
    model = keras.Model(images, tf.nn.softmax(L.TimeDistributed(L.Dense(3))(x)))
    config = config_of(model)
    assert "compile_config" not in json.dumps(config)
    again = rebuild(config, "ours")
    again.set_weights(model.get_weights())
    pictures = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype(np.float32)
    np.testing.assert_array_equal(again(pictures, training=False).numpy(), model(pictures, training=False).numpy())


def test_layers_of_deployed_networks() -> None:
    from bnn_zoo.blocks.deployed_layers import ChannelAffine

    images = keras.Input((8, 8, 3))
    config = config_of(keras.Model(images, ChannelAffine()(images)))
    del keras.utils.get_custom_objects()["bnn_zoo>ChannelAffine"]
    try:
        with pytest.raises(WeightFileError, match="import the module that registers it first"):
            rebuild(config, "ours")
    finally:
        keras.utils.get_custom_objects()["bnn_zoo>ChannelAffine"] = ChannelAffine
    assert rebuild(config, "ours").count_params() == 6
    # Where the layers lay when the first networks were saved.
    before = json.loads(json.dumps(config).replace("bnn_zoo.blocks.deployed_layers", "bnn_zoo.deploy.layers"))
    assert before != config
    assert rebuild(before, "ours").count_params() == 6


def test_what_would_not_be_rebuilt_is_not_saved(tmp_path: Path) -> None:
    images = keras.Input((8, 8, 3))
    model = keras.Model(images, L.Discretization([0.5])(images))
    with pytest.raises(ValueError, match="has a 'Discretization', which is none of the classes that are rebuilt"):
        save_pretrained(model, tmp_path / "set")
    assert not (tmp_path / "set").exists()


# Saved and loaded


def own_network() -> keras.Model:
    images = keras.Input((16, 16, 3), name="pictures")
    x = blocks.residual_stem(images, 8, stem="cifar")
    symmetric = Binarization(padding_alignment="symmetric", kernel_quantizer="xnor_scale", pad_values=1.0)
    x = blocks.conv_with_shortcut(x, 16, binarization=symmetric, name="a")
    x = blocks.improvement_block(blocks.dense_block(x, 8, name="b"), 8, name="c")
    x = blocks.gated_conv(x, name="d")
    x = blocks.blurred_transition(x, 8, name="e")
    x = keras.layers.Reshape((2, 2, -1))(x) if x.shape[1] == 2 else x
    y = blocks.grouped_conv(x, 8, 3, 2, name="f") + x
    return randomize(keras.Model(images, blocks.head(y, 5), name="own"))


def test_own_network(tmp_path: Path) -> None:
    model = own_network()
    folder = bnn_zoo.save_pretrained(model, tmp_path, labels=list("abcde"))
    loaded = bnn_zoo.load_pretrained(folder)
    expected, found = (outputs(m, noise(16, 16)) for m in (model, loaded))
    assert np.abs(found - expected).max() <= 1e-6 * expected.max()
    assert loaded.name == "own"
    assert bnn_zoo.decode_predictions(found, loaded, top=1)[0][0][0] in "abcde"
    with pytest.raises(ValueError, match=r"network that is not of the zoo; use load_pretrained"):
        bnn_zoo.BiRealNet(pretrained=folder)


def test_own_network_takes_no_arguments_of_the_zoo(tmp_path: Path) -> None:
    """They would be passed over in silence."""
    folder = bnn_zoo.save_pretrained(own_network(), tmp_path)
    for arguments in (
        dict(num_classes=3),
        dict(input_shape=(8, 8, 3)),
        dict(include_top=False),
        dict(arguments={"filters": 3}),
        dict(input_tensor=keras.Input((16, 16, 3))),
    ):
        with pytest.raises(ValueError, match="not of the zoo"):
            bnn_zoo.load_pretrained(folder, **arguments)  # type: ignore[arg-type]
    assert bnn_zoo.load_pretrained(folder, name="renamed").name == "renamed"


def test_lambda_layers_are_refused(tmp_path: Path) -> None:
    images = keras.Input((8, 8, 3))
    model = keras.Model(images, keras.layers.Lambda(lambda x: x * 2)(images))
    with pytest.raises(ValueError, match="has a Lambda layer, which holds code"):
        bnn_zoo.save_pretrained(model, tmp_path / "set")
    assert not (tmp_path / "set").exists(), "nothing may be left behind"
    sliced = keras.Model(images, images[:, :4])
    with pytest.raises(ValueError, match="SlicingOpLambda"):
        bnn_zoo.save_pretrained(sliced, tmp_path / "set")


@pytest.mark.parametrize(
    "layer",
    [
        {"class_name": "Lambda", "config": {"name": "l", "function": ["gAAAA", None, None]}},
        {"module": "os", "class_name": "system", "config": {"name": "l"}, "registered_name": "system"},
        {"module": "subprocess", "class_name": "Popen", "config": {"name": "l"}, "registered_name": None},
        {"class_name": "TFOpLambda", "config": {"name": "l", "function": "io.write_file"}},
        {"class_name": "TFOpLambda", "config": ["io.write_file"]},
        {"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "function"},
    ],
)
def test_configurations_that_ask_for_code_are_refused(layer: dict[str, Any], tmp_path: Path) -> None:
    folder = bnn_zoo.save_pretrained(own_network(), tmp_path)
    config = json.loads((folder / "config.json").read_text())
    config["keras_config"]["config"]["layers"].append({"name": "l", "inbound_nodes": [[["pictures", 0, 0, {}]]], **layer})
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(WeightFileError, match="holds code|not registered with Keras|calls the TensorFlow function"):
        bnn_zoo.load_pretrained(folder)


def test_layers_of_ones_own(tmp_path: Path) -> None:
    """A registered class is found; in a process that does not know it the message says what to do."""

    @keras.utils.register_keras_serializable("weights_test")
    class Twice(keras.layers.Layer):
        def call(self, inputs: Any) -> Any:
            return 2 * inputs

    images = keras.Input((8, 8, 3))
    model = randomize(keras.Model(images, Twice()(blocks.real_conv(images, 4, name="a"))))
    folder = bnn_zoo.save_pretrained(model, tmp_path)
    assert np.array_equal(outputs(bnn_zoo.load_pretrained(folder), noise(8, 8)), outputs(model, noise(8, 8)))
    del keras.utils.get_custom_objects()["weights_test>Twice"]
    with pytest.raises(WeightFileError, match=r"the class 'Twice' of the module .*import the module that registers it first"):
        bnn_zoo.load_pretrained(folder)


def test_quantizer_given_as_a_callable(tmp_path: Path) -> None:
    """JSON cannot hold it as an argument: the layers describe themselves."""
    from bnn_zoo.blocks.quantizers import XnorScale

    model = filled("birealnet", binarization=Binarization(kernel_quantizer=XnorScale()))
    folder = bnn_zoo.save_pretrained(model, tmp_path)
    loaded = bnn_zoo.load_pretrained(folder)
    assert json.loads((folder / "config.json").read_text())["architecture"] is None
    assert np.abs(outputs(loaded) - outputs(model)).max() <= 1e-6
