"""The one door to TensorFlow, Keras 2 (tf-keras) and larq.

Every other file of the package imports `tf`, `keras` and `larq` from here. They are proxies: TensorFlow is loaded when the first
attribute of one of them is used, so that names, papers and figures can be listed without it.

larq works with Keras 2 only, and TensorFlow decides which Keras `tf.keras` is when that name is first used. The door sees to it
that the answer is Keras 2, or says why it no longer can be.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import types
from typing import TYPE_CHECKING, Any, TypeAlias

from bnn_zoo._custom_gradients import keep_with_their_graphs

#: A symbolic Keras tensor or a tf.Tensor, images as (batch, height, width, channels).
Tensor: TypeAlias = Any

_WRONG_KERAS = """\
bnn_zoo and larq need Keras 2 (the package tf-keras), but in this process tf.keras is already Keras {version}.
Two ways out:
  1. import bnn_zoo before anything uses tf.keras;
  2. set the environment variable TF_USE_LEGACY_KERAS=1 before Python starts
     (in a notebook: os.environ["TF_USE_LEGACY_KERAS"] = "1" in the first cell, then restart the kernel).\
"""


def _choose_keras_2() -> None:
    """Settles what tf.keras will be, if nothing has used it yet; TensorFlow itself is not loaded."""
    # TensorFlow reads the variable when tf.keras is first used, so that an earlier `import tensorflow` does no harm.
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is not None and not getattr(vars(tensorflow).get("keras"), "_tfll_initialized", True):
        _route_imports(tensorflow)


def _route_imports(tensorflow: types.ModuleType) -> None:
    # `from tensorflow.keras import ...` (larq does so) asks not tf.keras but this path, which TensorFlow laid to Keras 3 if it was
    # imported before the variable was set.
    spec = importlib.util.find_spec("tf_keras")
    for location in (spec.submodule_search_locations if spec else None) or ():
        folder = os.path.join(location, "api", "_v2")
        if folder not in tensorflow.__path__:
            tensorflow.__path__ = [folder, *tensorflow.__path__]


def _load_tensorflow() -> types.ModuleType:
    _choose_keras_2()
    tensorflow = importlib.import_module("tensorflow")
    if tensorflow.keras.Model.__module__.partition(".")[0] != "tf_keras":
        raise ImportError(_WRONG_KERAS.format(version=getattr(sys.modules.get("keras"), "__version__", "3")))
    _route_imports(tensorflow)
    return tensorflow


def _load_keras() -> types.ModuleType:
    return _load_tensorflow().keras


def _load_larq() -> types.ModuleType:
    _load_tensorflow()
    keep_with_their_graphs()
    return importlib.import_module("larq")


class _Proxy(types.ModuleType):
    """A module that is loaded when its first attribute is used."""

    def __init__(self, name: str, load: Any) -> None:
        super().__init__(name)
        self._load = load

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):  # inspection by other tools must not load TensorFlow
            raise AttributeError(attribute)
        value = getattr(self._load(), attribute)
        setattr(self, attribute, value)
        return value


if TYPE_CHECKING:
    import larq
    import tensorflow as tf
    import tf_keras as keras
else:
    tf = _Proxy("tensorflow", _load_tensorflow)
    keras = _Proxy("tensorflow.keras", _load_keras)
    larq = _Proxy("larq", _load_larq)

_choose_keras_2()
