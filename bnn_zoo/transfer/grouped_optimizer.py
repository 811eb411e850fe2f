"""An optimizer of several, each for its own group of variables. Importing this file loads TensorFlow.

It also makes Keras know the class by name, so that `keras.models.load_model` reads a model that was compiled with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bnn_zoo._keras import keras, larq, tf
from bnn_zoo.training.variables import plain_name


@larq.utils.register_keras_custom_object  # in an .h5 file Keras names what a loss scale is put around without its package
@keras.utils.register_keras_serializable("bnn_zoo")
class GroupedOptimizer(larq.optimizers.CaseOptimizer):
    """larq's CaseOptimizer whose groups go by the variables' order and names, so that a model saved and loaded trains on.

    larq's own go by numbers that hold in one process only; with others it silently trains nothing, or something else.

    Args:
        optimizers: of Keras' legacy ones, one a group.
        groups: name and number of the group of each trainable variable, in the model's order.
        name: of the optimizer.
    """

    def __init__(self, optimizers: Sequence[Any], groups: Sequence[tuple[str, int]], name: str = "grouped_optimizer") -> None:
        *first, last = optimizers
        super().__init__(*[(lambda _: False, optimizer) for optimizer in first], default_optimizer=last, name=name)
        self.groups = [(variable, int(group)) for variable, group in groups]

    def _compute_var_opt_mapping(self, grads_and_vars: Sequence[tuple[Any, Any]]) -> None:
        variables = [variable for _, variable in grads_and_vars]
        groups = self._groups_of([plain_name(variable) for variable in variables])
        self.var_opt_mapping = {larq.optimizers._var_key(x): group for x, group in zip(variables, groups, strict=True)}
        # Counts of steps are made first, so that states that are saved and loaded have one order, each with a name of its own.
        for index, optimizer in enumerate(self.optimizers):
            with tf.init_scope(), tf.name_scope(f"group_{index}"):
                _ = optimizer.iterations

    def _groups_of(self, names: Sequence[str]) -> list[int]:
        # Read from a .keras file, some names lack the layer's, which is in front; only the order tells them apart.
        if [_last_part(name) for name in names] == [_last_part(name) for name, _ in self.groups]:
            return [group for _, group in self.groups]
        known = dict(self.groups)
        for name in names:
            if name not in known:
                raise ValueError(
                    f"the optimizer was made when other variables were trained, and {name} is none of them; freeze and unfreeze "
                    "first, then make it with discriminative_optimizer(model, ...) and compile."
                )
        return [known[name] for name in names]

    def _create_all_weights(self, var_list: Sequence[Any]) -> None:
        """Keras calls it before it puts in the state that was saved with a model."""
        self._compute_var_opt_mapping([(None, variable) for variable in var_list])
        assert self.var_opt_mapping is not None
        for index, optimizer in enumerate(self.optimizers):
            own = [variable for variable in var_list if self.var_opt_mapping[larq.optimizers._var_key(variable)] == index]
            optimizer._create_all_weights(own)

    def get_config(self) -> dict[str, Any]:
        parts = [keras.optimizers.serialize(optimizer, use_legacy_format=True) for optimizer in self.optimizers]
        return {"name": self._name, "optimizers": parts, "groups": [list(entry) for entry in self.groups]}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> GroupedOptimizer:
        parts = [
            keras.optimizers.deserialize(part, custom_objects=custom_objects, use_legacy_format=True)
            for part in config["optimizers"]
        ]
        return cls(parts, config["groups"], config["name"])


def _last_part(name: str) -> str:
    return name.rpartition("/")[2]
