"""Networks that are not of the zoo: what a configuration may name, and what none gets Keras to do."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bnn_zoo._keras import keras, larq, tf
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
