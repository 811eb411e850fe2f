"""The stages of Real-to-Binary and of its baseline, real-valued in part or whole: their networks compute what larq-zoo's do.

larq-zoo's were filled by the rule, in the order of their weights, with 8 filters in the place of 64 and pictures of 64x64. Only the
biases of ResNet18FP's convolutions were 0: batch norm cancels them, so that they are left out here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from golden import rule

from bnn_zoo._keras import keras, tf
from bnn_zoo.comparison.figures import count
from bnn_zoo.models import find_architecture
from bnn_zoo.models.build import build_model
from bnn_zoo.training import Stage
from bnn_zoo.training.networks import network_of
from bnn_zoo.training.teachers import resnet18, resnet34

DESCRIBED: dict[str, Any] = json.loads((Path(__file__).parents[1] / "golden" / "larq_zoo_real_to_binary_seed0.json").read_text())
STAGES = {
    "StrongBaselineNetBAN": ("strong_baseline_net", Stage("s", 1, "activations")),
    "StrongBaselineNetBNN": ("strong_baseline_net", Stage("s", 1)),
    "ResNet18FP": ("real_to_binary_net", Stage("s", 1, "nothing", network="resnet18")),
    "RealToBinNetFP": ("real_to_binary_net", Stage("s", 1, "nothing")),
    "RealToBinNetBAN": ("real_to_binary_net", Stage("s", 1, "activations")),
    "RealToBinNetBNN": ("real_to_binary_net", Stage("s", 1)),
}


@pytest.mark.parametrize("name", DESCRIBED)
def test_logits_are_larq_zoos(name: str) -> None:
    network, stage = STAGES[name]

    def build() -> keras.Model:
        return build_model(find_architecture(network), input_shape=(64, 64, 3), num_classes=10, arguments={"filters": 8})

    model = network_of(stage, build)
    rule.fill(model)
    assert model.count_params() == DESCRIBED[name]["params"]
    pictures = tf.constant(rule.pictures((2, 64, 64, 3)))
    logits = keras.Model(model.input, model.layers[-1].input)(pictures, training=False).numpy()
    expected = np.array(DESCRIBED[name]["logits"])
    assert np.abs(logits - expected).max() < 1e-4 * expected.std()
    assert np.abs(expected[0] - expected[1]).max() > 0.05 * expected.std()


@pytest.mark.parametrize(("teacher", "parameters", "macs"), [(resnet18, 11.7, 1820.41), (resnet34, 21.8, 3672.68)])
def test_a_teacher_is_as_large_as_its_paper_has_it(teacher: Any, parameters: float, macs: float) -> None:
    """Millions of parameters and operations are what github.com/nerox8664/awesome-computer-vision-models lists of them."""
    images = keras.Input((224, 224, 3))
    figures = count(keras.Model(images, teacher(images, 1000)))
    assert figures.parameters / 1e6 == pytest.approx(parameters, abs=0.05)
    assert figures.macs_real / 1e6 == pytest.approx(macs, rel=0.01) and figures.macs_binary == 0
