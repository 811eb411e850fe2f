"""The authors' PyTorch checkpoints: every variable is filled or named as missing, every tensor is used or named as left over."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bnn_zoo._caller import warn_caller
from bnn_zoo._keras import keras
from bnn_zoo.blocks.norm_free import standardized_magnitude
from bnn_zoo.hub.errors import WeightFileError, WeightMismatchError
from bnn_zoo.hub.formats.listed import listed
from bnn_zoo.hub.formats.pytorch_names import authors_names, modules_by_layer
from bnn_zoo.hub.formats.torch_file import read_state_dict
from bnn_zoo.hub.variables import named_variables, put_weights
from bnn_zoo.models import find_architecture
from bnn_zoo.models.bnext import COLD
from bnn_zoo.models.build import record_of

#: What PyTorch may call a variable, by the end of its name here; "" where the module's name is the tensor's own.
_LEAVES = {
    "kernel": ("weight", "weights"),
    "bias": ("bias",),
    "gamma": ("weight",),
    "beta": ("bias",),
    "moving_mean": ("running_mean",),
    "moving_variance": ("running_var",),
    "alpha": ("weight",),
    "gain": ("gain", ""),
    "gate": ("",),
    "share": ("scale",),
    "exponent": ("L_alpha",),
}

#: What only training looks at: how many batches a batch norm has seen, and how far BNext's quantizers are on their way to the sign.
_STATES_OF_TRAINING = ("num_batches_tracked", "temperature")


def check(path: Path) -> None:
    """Nothing: `load` believes nothing in a file, known or not."""


def load(model: keras.Model, path: Path, leave_out: Collection[str]) -> None:
    """Fills a model from a checkpoint of its authors' code; `leave_out` names layers that keep what they have.

    Warns:
        UserWarning: of tensors in the file that belong to no layer of the authors' network.

    Raises:
        WeightFileError: if the file is damaged, or holds code.
        WeightMismatchError: if it does not fit; the model is then as it was.
    """
    left_over = fill(model, read_state_dict(path), str(path), leave_out)
    record = record_of(model)
    modules = set(modules_by_layer(record.architecture, dict(record.arguments)).values()) if record else set()
    strange = [name for name in left_over if not name.endswith(_STATES_OF_TRAINING) and name.rpartition(".")[0] not in modules]
    if strange:
        warn_caller(f"{path}: {model.name} has no place for {listed(strange)}; they were left out.")


def fill(model: keras.Model, state: Mapping[str, np.ndarray], where: str, leave_out: Collection[str] = ()) -> tuple[str, ...]:
    """Fills a model of the zoo from a state dict.

    Args:
        model: one whose authors' checkpoints are known.
        state: tensors by name, laid out as PyTorch does.
        where: a file's name, for messages.
        leave_out: layers whose variables stay as they are.

    Returns:
        The names of the tensors that were not used.

    Warns:
        UserWarning: if the authors' network was not yet binary when it was saved.

    Raises:
        WeightFileError: if no checkpoints of that network are known.
        WeightMismatchError: naming what is missing, or of another shape. The model is then as it was.
    """
    record = record_of(model)
    if record is None:
        raise WeightFileError(f"{where}: PyTorch checkpoints load into networks of the zoo; {model.name} is none.")
    modules = modules_by_layer(record.architecture, dict(record.arguments))
    variables = {name: entry for name, entry in named_variables(model).items() if name.rpartition("/")[0] not in leave_out}
    tensors = {name: _tensor_of(name, modules, state) for name in variables}
    unused = tuple(name for name in state if name not in set(tensors.values()))
    plain = not has_scales(state)
    if plain:
        state = _with_plain_means(state, set(tensors.values()) - set(state))
    missing = [tensor for tensor in tensors.values() if tensor not in state]
    if missing:
        raise WeightMismatchError(
            f"{where}: has no {listed(missing)}, which {model.name} needs; it holds {listed(list(state))}. Another "
            "architecture, or other arguments of it, may fit."
        )
    _check_form(record, where, plain)
    weights = {}
    for name, variable in variables.items():
        what = f"{where}: the tensor {tensors[name]!r}"
        weights[name] = _laid_out(state[tensors[name]], tuple(variable.shape), name, what)
    if authors_names(record.architecture).binary_gains:
        _give_gains_their_magnitudes(weights, modules)
    _keep_shares(weights)
    _warn_of_soft_kernels(state, where)
    put_weights(model, weights, where, leave_out)
    return unused


def has_scales(state: Mapping[str, np.ndarray]) -> bool:
    """Whether a checkpoint holds factors by which Group-Net's bases are summed."""
    return any(".scales." in name for name in state)


def _check_form(record: Any, where: str, plain: bool) -> None:
    """Group-Net's two forms are two networks: their weights do not mean the same in the other one."""
    defaults = find_architecture(record.architecture).defaults
    arguments = {**defaults, **dict(record.arguments)}
    for name, of_plain in authors_names(record.architecture).without_scales.items():
        wanted = of_plain if plain else defaults[name]
        if arguments[name] != wanted:
            raise WeightMismatchError(
                f"{where}: has {'no scales' if plain else 'scales'}, for which the authors' network is another one: build "
                f"{record.architecture} with {name}={wanted}."
            )


def _tensor_of(name: str, modules: Mapping[str, str], state: Mapping[str, np.ndarray]) -> str:
    """What the authors call a variable: the first of the names it may have that the state dict holds, or else the first."""
    layer, _, leaf = name.rpartition("/")
    module = modules.get(layer, layer)
    candidates = [f"{module}.{theirs}" if theirs else module for theirs in _LEAVES.get(leaf, (leaf,))]
    return next((candidate for candidate in candidates if candidate in state), candidates[0])


def _laid_out(tensor: np.ndarray, shape: tuple[int, ...], name: str, what: str) -> np.ndarray:
    """A tensor as Keras has it: filters last, one axis for what is one number a channel."""
    if name.endswith("/kernel"):
        theirs = (shape[-1], shape[-2], *shape[:-2])
        # A dense layer may be theirs as a 1x1 convolution.
        if len(shape) == 2 and tensor.shape == (*theirs, 1, 1):
            tensor = tensor.reshape(theirs)
        # Some networks keep a binary kernel as one column of numbers.
        if tensor.shape == (int(np.prod(shape)), 1):
            tensor = tensor.reshape(theirs)
        if tensor.shape == theirs:
            return np.ascontiguousarray(np.transpose(tensor, (*range(2, len(shape)), 1, 0)))
    else:
        theirs = (int(np.prod(shape)),)
        if tensor.size == theirs[0] == max(tensor.shape, default=1):
            return tensor.reshape(shape)
    raise WeightMismatchError(
        f"{what} is {tensor.shape}, but {name} needs {theirs}: file and network have other arguments, another number of classes, "
        "or another stem (of small pictures, of large ones)."
    )


def _with_plain_means(state: Mapping[str, np.ndarray], absent: Collection[str]) -> Mapping[str, np.ndarray]:
    """Group-Net's plain form takes the mean of its bases, without scales to learn, and has no bias in its stem."""
    scales = [name for name in absent if ".scales." in name]
    if not scales:
        return state
    bases = 1 + max(int(name.partition(".scales.")[2].partition(".")[0]) for name in scales)
    plain = {name: np.full(1, 1 / bases, np.float32) for name in scales}
    if "conv1.bias" in absent and "conv1.weight" in state:
        plain["conv1.bias"] = np.zeros(len(state["conv1.weight"]), np.float32)
    return {**state, **plain}


def _keep_shares(weights: dict[str, np.ndarray]) -> None:
    """BNext's code keeps a 1x1 convolution's shares in [0, 1] in inference too; a step of training may have led them out."""
    for name, share in weights.items():
        if name.endswith("/share") and "_pointwise_" in name:
            weights[name] = np.clip(share, 0, 1)


def _warn_of_soft_kernels(state: Mapping[str, np.ndarray], where: str) -> None:
    temperatures = [value.max() for name, value in state.items() if name.endswith("binary_conv.temperature") and value.size]
    if temperatures and max(temperatures) >= COLD:
        warn_caller(
            f"{where}: was saved at a temperature of {max(temperatures):.3g}, when its kernels were not yet signs. Here they are: "
            f"outputs differ from the authors'. Take a later checkpoint, at a temperature below {COLD:g}.",
        )


def _give_gains_their_magnitudes(weights: dict[str, np.ndarray], modules: Mapping[str, str]) -> None:
    """The authors multiply a binary kernel by the mean magnitude of its standardized weights; here the gain holds it."""
    # The authors' module of a gain is that of its kernel.
    kernels = {modules[layer]: weights[f"{layer}/kernel"] for layer in modules if f"{layer}/kernel" in weights}
    for name, gain in weights.items():
        layer, _, leaf = name.rpartition("/")
        if leaf != "gain" or layer.startswith("stem_"):
            continue
        weights[name] = gain * standardized_magnitude(kernels[modules[layer]])
