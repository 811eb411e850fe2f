"""A model's variables by name, and weights put into them: all, or none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from bnn_zoo._keras import keras, tf
from bnn_zoo.hub.errors import WeightMismatchError
from bnn_zoo.hub.packing import PackedKernel, pack_kernel, unpack_kernel

#: The attribute in which a larq layer keeps the quantizer of each of its kernels.
_QUANTIZERS = {
    "kernel": "kernel_quantizer",
    "depthwise_kernel": "depthwise_quantizer",
    "pointwise_kernel": "pointwise_quantizer",
}


def named_variables(model: keras.Model) -> dict[str, Any]:
    """The variables of a model by `layer/variable`, in the order of `model.weights`.

    Raises:
        ValueError: if two variables have one name.
    """
    found: dict[str, Any] = {}
    for layer in model.layers:
        for variable in layer.weights:
            # Keras may put scopes in front of a layer's name (an outer model, a copy): only what follows it is stable.
            path = variable.name.partition(":")[0]
            name = f"{layer.name}/{path.rpartition(layer.name + '/')[2] or path}"
            if name in found:
                raise ValueError(f"two variables of {model.name} are named {name}; name the layers apart to save the model.")
            found[name] = variable
    return found


def weights_of(model: keras.Model, keep_latent: bool = False) -> dict[str, np.ndarray | PackedKernel]:
    """A model's weights by name; kernels that are used only through their sign and a scale are packed.

    Args:
        model: any Keras model, with larq layers or without.
        keep_latent: leaves latent weights as they are, in float32, so that training can go on from exactly here.
    """
    quantizers = {} if keep_latent else _kernel_quantizers(model)
    weights: dict[str, np.ndarray | PackedKernel] = {}
    for name, variable in named_variables(model).items():
        value = np.asarray(variable.numpy())
        quantize = quantizers.get(name)
        packed = pack_kernel(value, quantize) if quantize else None
        weights[name] = value if packed is None else packed
    return weights


def _kernel_quantizers(model: keras.Model) -> dict[str, Any]:
    def as_numpy(quantizer: Any) -> Any:
        return lambda kernel: quantizer(tf.constant(kernel)).numpy()

    found = {}
    for layer in model.layers:
        for leaf, attribute in _QUANTIZERS.items():
            quantizer = getattr(layer, attribute, None)
            if quantizer is not None:
                found[f"{layer.name}/{leaf}"] = as_numpy(quantizer)
    return found


def put_weights(
    model: keras.Model,
    weights: Mapping[str, np.ndarray | PackedKernel],
    where: str,
    leave_out: Collection[str] = (),
) -> None:
    """Puts weights into a model's variables, after all of them were checked.

    Args:
        model: the network.
        weights: by name; what the network has no variable for must belong to layers that it does not have at all (its top).
        where: a file's name, for messages.
        leave_out: layers whose variables stay as they are.

    Raises:
        WeightMismatchError: naming the first tensor that differs, with both shapes. The model is as it was.
    """
    variables = {name: variable for name, variable in named_variables(model).items() if name.partition("/")[0] not in leave_out}
    layers = {name.partition("/")[0] for name in named_variables(model)}
    for name, variable in variables.items():
        if name not in weights:
            raise WeightMismatchError(f"{where}: has no tensor {name!r}, which {model.name} needs {_shape(variable)}.")
        if tuple(weights[name].shape) != tuple(variable.shape):
            raise WeightMismatchError(
                f"{where}: the tensor {name!r} is {tuple(weights[name].shape)} in the file but {_shape(variable)} in "
                f"{model.name}: file and network have other arguments, or the input size is fixed."
            )
    for name in weights:
        if name not in variables and name.partition("/")[0] in layers - set(leave_out):
            raise WeightMismatchError(f"{where}: holds a tensor {name!r} for which {model.name} has no variable.")
    for name, variable in variables.items():
        value = weights[name]
        variable.assign(unpack_kernel(value) if isinstance(value, PackedKernel) else value)


def _shape(variable: Any) -> str:
    return str(tuple(variable.shape))
