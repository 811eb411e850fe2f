"""The optimizers of a recipe.

larq's are of Keras's older kind, which all of them are here: their slots have one layout, and CaseOptimizer takes no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bnn_zoo._keras import Tensor, keras, larq, tf
from bnn_zoo.training.clipping import Clip, clip_by_norm, clip_by_unit
from bnn_zoo.training.recipe import Recipe
from bnn_zoo.training.schedules import make_schedule
from bnn_zoo.training.variables import binary_kernels, plain_name, real_kernels


def make_optimizer(recipe: Recipe, steps: int, variables: Sequence[Any]) -> Any:
    """The recipe's optimizer, with its schedule.

    Args:
        recipe: without stages.
        steps: of an epoch.
        variables: the network's trainable ones.

    Returns:
        A Keras optimizer, or larq's CaseOptimizer where binary kernels have one of their own.
    """
    clips = [clip_by_norm(recipe.clip_norm)] if recipe.clip_norm else []
    if recipe.clip_unit:
        clips.append(clip_by_unit(recipe.clip_unit, _of_last_layer(variables)))
    decayed = frozenset(plain_name(variable) for variable in real_kernels(variables)) if recipe.weight_decay else frozenset()
    rate = make_schedule(recipe, steps)
    if recipe.real_optimizer == "same":
        return _make(recipe, recipe.optimizer, rate, decayed, clips)
    rest = _make(recipe, recipe.real_optimizer, make_schedule(recipe, steps, real=True), decayed, clips)
    if not binary_kernels(variables):
        return rest  # a stage in which no kernel is binarized
    if recipe.optimizer == "bop":
        binary = larq.optimizers.Bop(threshold=recipe.threshold, gamma=rate)
    else:
        binary = _make(recipe, recipe.optimizer, rate, frozenset(), clips)
    return larq.optimizers.CaseOptimizer((larq.optimizers.Bop.is_binary_variable, binary), default_optimizer=rest)


def optimizer_state(optimizer: Any, variables: Sequence[Any]) -> list[Any]:
    """An optimizer's variables, in an order that is the same in every process; they are made if they are not there yet."""
    parts = [optimizer]
    if isinstance(optimizer, larq.optimizers.CaseOptimizer):
        if optimizer.var_opt_mapping is None:
            optimizer._compute_var_opt_mapping([(None, variable) for variable in variables])
        binary = binary_kernels(variables)
        rest = [variable for variable in variables if not any(variable is other for other in binary)]
        parts = optimizer.optimizers
        for part, own in zip(parts, (binary, rest), strict=True):
            part._create_all_weights(own)
    else:
        optimizer._create_all_weights(variables)
    return [variable for part in parts for variable in part.weights]


def steps_done(optimizer: Any) -> Any:
    """The variable in which an optimizer counts its steps; it is among those of `optimizer_state`."""
    # larq's counts in its parts only.
    return getattr(optimizer, "optimizers", [optimizer])[0].iterations


def _of_last_layer(variables: Sequence[Any]) -> frozenset[str]:
    """The names of the last layer's kernel and bias; a batch norm behind it, as in BinaryNet, is no layer of its own here."""
    names = [plain_name(variable) for variable in variables]
    kernels = [name for name in names if name.endswith("/kernel")]
    layer = kernels[-1].rpartition("/")[0] if kernels else ""
    return frozenset(f"{layer}/{name}" for name in ("kernel", "bias"))


def _make(recipe: Recipe, name: str, rate: Any, decayed: frozenset[str], clips: list[Clip]) -> Any:
    from bnn_zoo.training.rectified_adam import RectifiedAdam  # its class needs TensorFlow when defined

    kind = {"sgd": keras.optimizers.legacy.SGD, "adam": keras.optimizers.legacy.Adam, "radam": RectifiedAdam}[name]
    of_adam = {"beta_1": recipe.beta_1, "epsilon": recipe.epsilon}
    own: dict[str, Any] = {"momentum": recipe.momentum} if name == "sgd" else of_adam
    own["gradient_transformers"] = clips
    return _decaying(kind, decayed, recipe.weight_decay)(rate, **own) if decayed else kind(rate, **own)


def _decaying(kind: Any, names: frozenset[str], share: float) -> Any:
    class Decaying(kind):  # type: ignore[misc]
        """Decoupled weight decay. Source: Loshchilov and Hutter, 2017, arXiv 1711.05101."""

        def _resource_apply_dense(self, grad: Tensor, var: Any, apply_state: Any = None) -> Any:
            if plain_name(var) not in names:
                return super()._resource_apply_dense(grad, var, apply_state)
            rate = self._decayed_lr(var.dtype.base_dtype)
            with tf.control_dependencies([var.assign_sub(rate * share * var, read_value=False)]):
                return super()._resource_apply_dense(grad, var, apply_state)

    return Decaying
