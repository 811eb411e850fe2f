"""From a Keras model to a .tflite file for Larq Compute Engine."""

from __future__ import annotations

import tempfile
from typing import Any

from bnn_zoo._error_words import first_line
from bnn_zoo._keras import keras, tf
from bnn_zoo._layer_graph import Call, read_layer_graph
from bnn_zoo._silence import silent_stderr
from bnn_zoo.deploy.backends import load_backend
from bnn_zoo.deploy.inference import check_inference
from bnn_zoo.deploy.lce.rewrite import rewrite_for_lce
from bnn_zoo.deploy.lce.two_values import store_in_int8
from bnn_zoo.deploy.one_picture import check_one_picture_in
from bnn_zoo.deploy.registered import UnsupportedLayerError


def convert(model: Any) -> bytes:
    """The contents of a .tflite file, for one picture at a time.

    Args:
        model: a functional or sequential keras.Model with a fixed input size.

    Raises:
        TypeError: for another kind of model.
        ValueError: for more than one input or output, or if the input size is free.
        MissingBackendError: if Larq Compute Engine is not installed.
        UnsupportedLayerError: for a layer that behaves as in training always, or that the converter does not take, or takes and
            computes wrongly.
    """
    engine = load_backend("lce")
    check_one_picture_in(model)
    shape = tuple(model.input_shape[1:])
    if None in shape:
        raise ValueError(f"model {model.name!r} takes pictures of {shape}; Larq Compute Engine needs a fixed input_shape.")
    for call in read_layer_graph(model).calls:
        check_inference(call)
        _refuse_fused_lstm(call)
    network = rewrite_for_lce(model)
    function = tf.function(lambda images: network(images, training=False))
    module = tf.Module()
    module.variables_of_network = network.variables
    module.run = function
    concrete = function.get_concrete_function(tf.TensorSpec((1, *shape), tf.float32, name="images"))
    # The converter's C++ code writes pages of remarks to standard error.
    with tempfile.TemporaryDirectory() as folder, silent_stderr() as written:
        tf.saved_model.save(module, folder, signatures=concrete)
        try:
            file = engine.convert_saved_model(folder)
        except Exception as error:  # which says nothing; the reason goes to standard error
            reasons = (line.partition("error: ") for line in written().splitlines() if "error: " in line)
            said = "; ".join(dict.fromkeys(place.removesuffix(": ") + " " * bool(place) + what for place, _, what in reasons))
            raise UnsupportedLayerError(
                f"Larq Compute Engine cannot convert this network: {said or first_line(error)}. Replace the layer that computes "
                "this, or take another backend."
            ) from error
        return store_in_int8(file)


def _refuse_fused_lstm(call: Call) -> None:
    """The one operation that the converter makes of an LSTM's loop gives other numbers than Keras, from the first picture on."""
    layers = [call.layer, getattr(call.layer, "forward_layer", None), getattr(call.layer, "backward_layer", None)]
    if any(isinstance(layer, keras.layers.LSTM) and not layer.unroll for layer in layers):
        raise UnsupportedLayerError(
            f"{call} holds an LSTM, which would give wrong numbers on Larq Compute Engine; build it with unroll=True."
        )
