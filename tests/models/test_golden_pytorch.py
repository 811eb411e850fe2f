"""The networks that came from PyTorch: filled with the authors' state dicts, they compute what the authors' code computes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from golden import rule

from bnn_zoo._keras import keras, tf
from bnn_zoo.hub.formats.pytorch import fill
from bnn_zoo.hub.formats.pytorch_names import authors_names
from bnn_zoo.models import find_architecture
from bnn_zoo.models.build import build_model

GOLDEN = Path(__file__).parents[1] / "golden"
DESCRIBED: dict[str, Any] = json.loads((GOLDEN / "pytorch_seed0.json").read_text())

#: The authors' first bottleneck makes a convolution that it never uses.
UNUSED = {"BiRealNet50": ("layers.0.down_conv1x1.weight",)}

#: BNext's are compared in float64, see test_golden_bnext.
NAMES = [name for name in DESCRIBED if not name.startswith("BNext")]

#: In one of the two pictures a feature lies so close to 0 that PyTorch and TensorFlow, which add in other orders, give it other
#: signs; the other picture agrees to 1e-6. In float64 BiRealNet34 agrees in both.
A_SIGN_ROUNDS_OTHERWISE = {"BiRealNet34", "BiRealNet50"}


pytestmark = pytest.mark.usefixtures("clear_session")


@pytest.mark.usefixtures("zeros_at_first")
@pytest.mark.parametrize("name", NAMES)
def test_logits_are_the_authors(name: str) -> None:
    factory, _, dataset = name.partition("_")
    entry = find_architecture("birealnet" if factory == "BiRealNet18" else factory)
    size, classes = (32, 10) if dataset == "cifar10" else (224, 1000)
    arguments = authors_names(entry.name).arguments
    model = build_model(entry, input_shape=(size, size, 3), num_classes=classes, arguments=arguments)
    unused = fill(model, rule.state_dict(DESCRIBED[name]["state_dict"]), name)
    assert unused == UNUSED.get(name, ())

    beyond = sum(int(np.prod(shape)) for entry_name, shape, _ in DESCRIBED[name]["state_dict"] if entry_name in unused)
    statistics = sum(int(np.prod(weight.shape)) for weight in model.non_trainable_weights)
    assert model.count_params() - statistics == DESCRIBED[name]["params"] - beyond

    logits = keras.Model(model.input, model.layers[-1].input)(
        tf.constant(rule.pictures((2, size, size, 3))), training=False
    ).numpy()
    with np.load(GOLDEN / "pytorch_seed0.npz") as file:
        expected = file[f"{name}/logits"]
    assert logits.shape == expected.shape
    differences = [np.linalg.norm(ours - theirs) / np.linalg.norm(theirs) for ours, theirs in zip(logits, expected, strict=True)]
    cosines = [ours @ theirs / np.linalg.norm(ours) / np.linalg.norm(theirs) for ours, theirs in zip(logits, expected, strict=True)]
    if name in A_SIGN_ROUNDS_OTHERWISE:
        assert min(differences) < 1e-5 and min(cosines) > 0.998
    else:
        assert max(differences) < 1e-3 and min(cosines) > 0.9999
    # Logits of one value for all pictures would say nothing.
    assert np.linalg.norm(expected[0] - expected[1]) > 0.03 * np.linalg.norm(expected[0])
