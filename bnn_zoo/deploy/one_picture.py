"""Which models a runtime runs."""

from __future__ import annotations

from typing import Any

from bnn_zoo._layer_graph import check_functional


def check_one_picture_in(model: Any) -> None:
    """Refuses a model that a runtime cannot run.

    Raises:
        TypeError: if it is no functional or sequential model.
        ValueError: if it takes anything but one batch of pictures, or gives anything but one tensor.
    """
    check_functional(model, "deployment")
    taken, given = model.input_shape, model.output_shape
    single = len(model.inputs) == len(model.outputs) == 1 and isinstance(taken, tuple) and isinstance(given, tuple)
    if not single or len(taken) != 4:
        raise ValueError(
            f"model {model.name!r} takes {taken} and gives {given}; deployed can be models with one input (batch, height, width, "
            "channels) and one output. Wrap those that are meant: keras.Model(images, output)."
        )
