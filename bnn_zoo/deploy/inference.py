"""Deployed are networks in inference."""

from __future__ import annotations

from bnn_zoo._layer_graph import Call
from bnn_zoo.deploy.registered import UnsupportedLayerError
from bnn_zoo.deploy.steps import is_batch_norm_step


def check_inference(call: Call) -> None:
    """Refuses a layer that behaves as in training always.

    Raises:
        UnsupportedLayerError: naming it.
    """
    if call.training and call.layer._expects_training_arg and not is_batch_norm_step(call):
        raise UnsupportedLayerError(
            f"{call} is called with training=True, or a model around it is; deployed are networks in inference: leave it out."
        )
