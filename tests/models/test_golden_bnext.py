"""BNext filled with the authors' state dicts computes what the authors' code computes.

In float32 that cannot be seen: sums in another order give a feature that lies near 0 another sign, and BNext multiplies features by
features, so that all logits change. The authors' code in float32 is as far from itself in float64: of its two pictures' logits by
5e-7 and 2e-2 (Tiny), 8e-7 and 2e-3 (Small), 1e-5 and 8e-6 (Middle). So the logits to compare with are what it gives in float64
(golden/bnext_float64_seed0.npz), by the same rule as all others, PyTorch 2. BNextLarge takes 9 GiB and more than a minute: its
logits are compared where BNN_ZOO_TEST_LARGE=1 is set, its names, shapes and numbers of parameters always.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
import pytest
from golden import rule
from test_golden_pytorch import DESCRIBED, GOLDEN

from bnn_zoo._keras import keras, tf
from bnn_zoo.hub.formats.pytorch import fill
from bnn_zoo.models import find_architecture
from bnn_zoo.models.build import build_model
from bnn_zoo.models.figures import figures_of

LARGE = pytest.param(
    "BNextLarge",
    marks=pytest.mark.skipif(os.environ.get("BNN_ZOO_TEST_LARGE") != "1", reason="takes 9 GiB: set BNN_ZOO_TEST_LARGE=1"),
)


@pytest.fixture(autouse=True)
def float64() -> Iterator[None]:
    keras.mixed_precision.set_global_policy("float64")
    yield
    keras.mixed_precision.set_global_policy("float32")
    keras.backend.clear_session()


def described(name: str) -> list[tuple[str, list[int], str]]:
    """The authors' state dict; of the form for small pictures, which has 10 classes, that of the other with a smaller head."""
    network, _, dataset = name.partition("_")
    entries = DESCRIBED[network]["state_dict"]
    if not dataset:
        return entries
    return [(entry, [10, *shape[1:]] if entry.startswith("fc.") else shape, kind) for entry, shape, kind in entries]


def unused_in(entries: list[tuple[str, list[int], str]]) -> set[str]:
    """The PReLUs that the authors' code makes and never uses, and the temperatures of training."""
    names = {name for name, _, _ in entries}
    # Every second block has a PReLU in the shortcut of its 3x3 convolution.
    used = {f"feature.{number}.Attention.activation1.weight" for number in range(2, len(names), 2)}
    slopes = {name for name in names if name.endswith(".activation1.weight")} - used
    return {name for name in names if name.endswith(".temperature")} | slopes | {"feature.0.prelu.weight"}


@pytest.mark.timeout(900)
@pytest.mark.usefixtures("zeros_at_first")
@pytest.mark.parametrize("name", ["BNextTiny", "BNextTiny_cifar10", "BNextSmall", "BNextMiddle", LARGE])
def test_logits_are_the_authors(name: str) -> None:
    network, _, dataset = name.partition("_")
    size, classes = (32, 10) if dataset else (224, 1000)
    model = build_model(find_architecture(network), input_shape=(size, size, 3), num_classes=classes)
    entries = described(name)
    unused = fill(model, rule.state_dict(entries), name)
    assert set(unused) == unused_in(entries)
    pictures = tf.constant(rule.pictures((2, size, size, 3)), tf.float64)
    logits = keras.Model(model.input, model.layers[-1].input)(pictures, training=False).numpy()
    with np.load(GOLDEN / "bnext_float64_seed0.npz") as file:
        expected = file[f"{name}/logits"]
    assert logits.shape == expected.shape and logits.dtype == expected.dtype == np.float64
    for ours, theirs in zip(logits, expected, strict=True):
        assert np.linalg.norm(ours - theirs) < 1e-9 * np.linalg.norm(theirs)
    # Logits of one value for all pictures would say nothing.
    assert np.linalg.norm(expected[0] - expected[1]) > 0.03 * np.linalg.norm(expected[0])


@pytest.mark.parametrize("name", [name for name in DESCRIBED if name.startswith("BNext")])
def test_there_are_as_many_parameters_as_the_authors_have(name: str) -> None:
    """Counted in the stored figures, which test_figures proves current."""
    entries = DESCRIBED[name]["state_dict"]
    sizes = {entry: int(np.prod(shape)) for entry, shape, _ in entries}
    statistics = sum(size for entry, size in sizes.items() if entry.endswith(("running_mean", "running_var")))
    # A temperature is no parameter.
    beyond = sum(sizes[entry] for entry in unused_in(entries) if not entry.endswith(".temperature"))
    assert figures_of(find_architecture(name).name).parameters == DESCRIBED[name]["params"] - beyond + statistics
