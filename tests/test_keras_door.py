"""Which Keras tf.keras is: each order of imports in a fresh process, without the environment variable that decides it."""

from __future__ import annotations

import pytest
from fresh_process import printed_by

BUILD = """
from bnn_zoo._keras import keras
model = bnn_zoo.BinaryNet(section_filters=(8,), dense_units=(8,))
assert model.output_shape == (None, 10)
assert isinstance(model, tf.keras.Model)
from tensorflow.keras.layers import Dense
assert Dense is tf.keras.layers.Dense
assert tf.keras.Model.__module__.startswith("tf_keras")
print("built")
"""


@pytest.mark.parametrize(
    "imports",
    [
        "import tensorflow as tf\nimport bnn_zoo\n",
        "import bnn_zoo\nimport tensorflow as tf\n",
        "import bnn_zoo\nimport tensorflow as tf\ntf.keras.layers.Dense(3)\n",
        "import tensorflow as tf\nimport bnn_zoo\nfrom tensorflow.keras.layers import Dense\n",
        "import bnn_zoo\nimport tensorflow as tf\nfrom tensorflow.keras.layers import Dense\n",
        "import tensorflow as tf\nimport os; os.environ['TF_USE_LEGACY_KERAS'] = '1'\ntf.keras.layers.Dense(3)\nimport bnn_zoo\n",
        "import os; os.environ['TF_USE_LEGACY_KERAS'] = '1'\nimport tensorflow as tf\ntf.keras.layers.Dense(3)\nimport bnn_zoo\n",
    ],
    ids=[
        "tensorflow first",
        "bnn_zoo first",
        "tf.keras between",
        "tensorflow first, then from tensorflow.keras",
        "bnn_zoo first, then from tensorflow.keras",
        "variable set late",
        "variable set early",
    ],
)
def test_orders_that_work(imports: str) -> None:
    assert "built" in printed_by(imports + BUILD, TF_USE_LEGACY_KERAS=None)


def test_keras_3_in_use_already() -> None:
    told = printed_by(
        "import tensorflow as tf\ntf.keras.layers.Dense(3)\nimport bnn_zoo\nprint(bnn_zoo.list_models()[0])\n"
        "try:\n    bnn_zoo.BinaryNet()\nexcept ImportError as error:\n    print(error)\n",
        TF_USE_LEGACY_KERAS=None,
    )
    lines = told.splitlines()
    assert lines[0] == "binarynet", "what needs no TensorFlow goes on working"
    text = "\n".join(lines[1:])
    assert "Keras 2 (the package tf-keras)" in text and "already Keras 3." in text
    assert "1. import bnn_zoo before anything uses tf.keras" in text
    assert "2. set the environment variable TF_USE_LEGACY_KERAS=1 before Python starts" in text
