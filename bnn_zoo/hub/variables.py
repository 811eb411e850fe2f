"""A model's variables by name, and weights put into them: all, or none."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np

from bnn_zoo._caller import warn_caller
from bnn_zoo._keras import keras, tf
from bnn_zoo.hub.errors import WeightFileError, WeightMismatchError
from bnn_zoo.hub.packed_kernel import PackedKernel, is_float, pack_kernel, unpack_kernel

#: The attribute in which a larq layer keeps the quantizer of each of its kernels.
_QUANTIZERS = {
    "kernel": "kernel_quantizer",
    "depthwise_kernel": "depthwise_quantizer",
    "pointwise_kernel": "pointwise_quantizer",
}

#: Layers whose names begin so depend on the number of classes, in every network of the zoo.
HEAD = "head_"

#: What a network of the zoo may have behind its features.
TOP = (HEAD, "classifier_")


def named_variables(model: keras.Model) -> dict[str, Any]:
    """The variables of a model by `layer/variable`, in the order of `model.weights`.

    Those of a model inside it are named `model/layer/variable`.

    Raises:
        ValueError: if two variables have one name.
    """
    found: dict[str, Any] = {}
    for place, layer in leaf_layers(model):
        for variable in layer.weights:
            # Keras may put scopes in front of a layer's name (an outer model, a copy): only what follows it is stable.
            path = variable.name.partition(":")[0]
            name = f"{place}/{path.rpartition(layer.name + '/')[2] or path}"
            if name in found:
                raise ValueError(f"two variables of {model.name} are named {name}; name the layers apart to save the model.")
            found[name] = variable
    return found


def leaf_layers(model: keras.Model, place: str = "") -> Iterator[tuple[str, Any]]:
    """The layers of a model by name, those of models inside it one by one as `model/layer`."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from leaf_layers(layer, f"{place}{layer.name}/")
        else:
            yield f"{place}{layer.name}", layer


def weights_of(model: keras.Model, keep_latent: bool = False) -> dict[str, np.ndarray | PackedKernel]:
    """A model's weights by name; kernels that are used only through their sign and a scale are packed.

    Args:
        model: any Keras model, with larq layers or without.
        keep_latent: leaves latent weights as they are, in float32, so that training can go on from exactly here.

    Raises:
        ValueError: naming the first weight that holds NaN, with which `put_weights` would not load them again.
    """
    quantizers = {} if keep_latent else _kernel_quantizers(model)
    weights: dict[str, np.ndarray | PackedKernel] = {}
    for name, variable in named_variables(model).items():
        value = np.asarray(variable.numpy())
        if _has_nan(value):
            raise ValueError(f"{model.name}: the weight {name!r} holds NaN; it diverged in training: take an earlier checkpoint.")
        quantize = quantizers.get(name)
        packed = pack_kernel(value, quantize) if quantize else None
        weights[name] = value if packed is None else packed
    return weights


def _kernel_quantizers(model: keras.Model) -> dict[str, Any]:
    def as_numpy(quantizer: Any) -> Any:
        return lambda kernel: quantizer(tf.constant(kernel)).numpy()

    found = {}
    for place, layer in leaf_layers(model):
        for leaf, attribute in _QUANTIZERS.items():
            quantizer = getattr(layer, attribute, None)
            if quantizer is not None:
                found[f"{place}/{leaf}"] = as_numpy(quantizer)
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
        weights: by name; what the network has no variable for must belong to the top, and the network must have none.
        where: a file's name, for messages.
        leave_out: layers whose variables stay as they are.

    Warns:
        UserWarning: naming a tensor that holds infinite numbers.

    Raises:
        WeightMismatchError: naming the first tensor that differs, with both shapes. The model is as it was.
        WeightFileError: naming the first tensor that holds NaN. The model is as it was.
    """
    variables = {name: variable for name, variable in named_variables(model).items() if name.partition("/")[0] not in leave_out}
    has_top = any(layer.name.startswith(HEAD) for layer in model.layers)
    for name, variable in variables.items():
        if name not in weights:
            raise WeightMismatchError(f"{where}: has no tensor {name!r}, which {model.name} needs {_shape(variable)}.")
        if tuple(weights[name].shape) != tuple(variable.shape):
            raise WeightMismatchError(
                f"{where}: the tensor {name!r} is {tuple(weights[name].shape)} in the file but {_shape(variable)} in "
                f"{model.name}: file and network have other arguments, or the input size is fixed."
            )
    for name in weights:
        beyond = name.startswith(TOP) and not has_top
        if name not in variables and name.partition("/")[0] not in leave_out and not beyond:
            raise WeightMismatchError(f"{where}: holds a tensor {name!r} for which {model.name} has no variable.")
    for name, variable in variables.items():
        check_numbers(name, weights[name], variable, where)
    for name, variable in variables.items():
        value = weights[name]
        variable.assign(unpack_kernel(value) if isinstance(value, PackedKernel) else cast(value, variable))
    finalize_state(model)


def finalize_state(model: keras.Model) -> None:
    """Has each layer compute anew what it keeps beside its variables, as `Normalization` keeps the mean that it subtracts."""
    for layer in model._flatten_layers():  # as Keras's own `set_weights` does it: also those that are inside a wrapper
        layer.finalize_state()


def check_numbers(name: str, value: np.ndarray | PackedKernel, variable: Any, where: str) -> None:
    """Refuses what a variable does not take, or no network can work with, before others are assigned.

    Warns:
        UserWarning: of infinite numbers, naming the tensor; a network may be meant to have some.

    Raises:
        WeightMismatchError: for numbers of another kind than the variable's, naming the tensor and both dtypes.
        WeightFileError: for NaN, naming the tensor.
    """
    stored = np.dtype(np.float32) if isinstance(value, PackedKernel) else value.dtype
    if is_float(stored) != is_float(variable.dtype) or (not is_float(stored) and stored.name != variable.dtype.name):
        raise WeightMismatchError(f"{where}: the tensor {name!r} is {stored} in the file but {variable.dtype.name} in the network.")
    if isinstance(value, PackedKernel):
        return  # its scales were checked when it was read
    if _has_nan(value):
        raise WeightFileError(
            f"{where}: the tensor {name!r} holds NaN: it is damaged, or its network diverged in training; take another checkpoint."
        )
    if is_float(stored) and np.isinf(cast(value, variable)).any():
        warn_caller(f"{where}: the tensor {name!r} holds infinite numbers, or such as {variable.dtype.name} cannot hold.")


def cast(value: np.ndarray, variable: Any) -> np.ndarray:
    """The value in the dtype of the variable."""
    with np.errstate(over="ignore"):  # `check_numbers` warns of what becomes infinite
        return value.astype(variable.dtype.as_numpy_dtype, copy=False)


def _has_nan(value: np.ndarray) -> bool:
    return is_float(value.dtype) and bool(np.isnan(value).any())


def _shape(variable: Any) -> str:
    return str(tuple(variable.shape))
