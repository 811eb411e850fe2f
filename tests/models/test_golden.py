"""The fourteen networks of larq-zoo: same weights in the same order, same outputs, same sizes, and its .h5 files load."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from golden import rule

from bnn_zoo._keras import keras, tf
from bnn_zoo.hub.formats import keras_h5
from bnn_zoo.models import architectures
from bnn_zoo.models.build import build_model
from bnn_zoo.models.figures import figures_of

GOLDEN = Path(__file__).parents[1] / "golden"
DESCRIBED: dict[str, Any] = json.loads((GOLDEN / "larq_zoo_seed0.json").read_text())
BY_FACTORY = {entry.factory: entry for entry in architectures().values()}


@dataclasses.dataclass(frozen=True)
class Golden:
    """A network filled by the rule, with what larq-zoo made of it."""

    factory: str
    described: dict[str, Any]
    model: keras.Model
    twin: keras.Model
    without_top: keras.Model
    logits: np.ndarray
    probabilities: np.ndarray
    features: np.ndarray
    reference: dict[str, np.ndarray]


@pytest.fixture(scope="module", params=DESCRIBED)
def golden(request: pytest.FixtureRequest, zeros_at_first: None) -> Iterator[Golden]:
    """Each network is built and run once; the checks share it."""
    factory = request.param
    keras.backend.clear_session()
    model = build_model(BY_FACTORY[factory], num_classes=1000)
    rule.fill(model)
    softmax = model.layers[-1]
    # The features are the last tensor of the network without its top: what its last layer of that network gives.
    without_top = build_model(BY_FACTORY[factory])
    last = without_top.layers[-1].name
    assert [layer.name for layer in without_top.layers[1:]] == [
        layer.name for layer in model.layers[1 : len(without_top.layers)]
    ], "the network without its top must be the beginning of the whole network"
    outputs = keras.Model(model.inputs, [softmax.input, softmax.output, model.get_layer(last).output])
    logits, probabilities, features = (value.numpy() for value in outputs(tf.constant(rule.pictures()), training=False))
    with np.load(GOLDEN / "larq_zoo_seed0.npz") as file:
        reference = {name.partition("/")[2]: file[name] for name in file.files if name.startswith(f"{factory}/")}
    twin = build_model(BY_FACTORY[factory], num_classes=1000)
    yield Golden(factory, DESCRIBED[factory], model, twin, without_top, logits, probabilities, features, reference)
    keras.backend.clear_session()


def test_all_fourteen_are_here() -> None:
    assert len(DESCRIBED) == 14
    assert set(DESCRIBED) <= set(BY_FACTORY)


def test_number_order_and_shapes_of_weights(golden: Golden) -> None:
    expected = [(rule.leaf_of(name), tuple(shape)) for name, shape in golden.described["weights"]]
    assert [(rule.leaf_of(weight.name), tuple(weight.shape)) for weight in golden.model.weights] == expected
    assert golden.model.count_params() == golden.described["params"]


def test_without_top(golden: Golden) -> None:
    assert len(golden.without_top.weights) == golden.described["weights_notop"]
    assert list(golden.without_top.output_shape[1:]) == golden.described["features_shape"]
    assert list(golden.features.shape[1:]) == golden.described["features_shape"]


@pytest.mark.parametrize("name", ["logits", "features_mean"])
def test_outputs(golden: Golden, name: str) -> None:
    found = {"logits": golden.logits, "features_mean": golden.features.mean(axis=(1, 2))}[name]
    expected = golden.reference[name]
    assert found.shape == expected.shape
    assert expected.std() > 0
    assert np.abs(found - expected).max() < 1e-4 * expected.std()


def test_probabilities(golden: Golden) -> None:
    """Their logarithms, by the bound of the logits: a logit's rounding, some 1e-5 here, is a share of its probability."""
    found, expected = golden.probabilities, golden.reference["probs"]
    assert found.shape == expected.shape
    counts = expected > 1e-30  # less than that float32 does not hold to all its digits
    assert counts.any(axis=1).all() and found[~counts].max(initial=0.0) < 1.1e-30
    assert np.abs(np.log(found[counts]) - np.log(expected[counts])).max() < 1e-4 * golden.reference["logits"].std()


def test_sizes_and_operations_are_what_larq_prints(golden: Golden) -> None:
    """larq prints rounded figures: they are compared as far as its digits go."""
    figures, printed = figures_of(BY_FACTORY[golden.factory].name), dict(golden.described["summary"])
    assert figures.parameters == golden.described["params"]
    assert figures.parameters_1bit + figures.parameters_32bit == figures.parameters
    assert figures.size_mib == pytest.approx(golden.described["memory_mib"], abs=1e-4)
    assert f"{figures.size_mib:.2f} MiB" == printed["Model size"]
    assert f"{figures.float_size_mib:.2f} MiB" == printed["Float-32 Equivalent"]
    macs = figures.macs_binary + figures.macs_real
    assert _rounded(macs) == printed["Number of MACs"]
    # larq prints no ratio where nothing is 1-bit by 1-bit: DoReFa-Net's activations have two bits.
    assert f"{figures.macs_binary / macs:.4f}" == printed.get("Ratio of MACs that are binarized", "0.0000")


def _rounded(number: int) -> str:
    scale, letter = (1e9, "B") if number >= 1e9 else (1e6, "M")
    return f"{number / scale:.3g} {letter}"


def test_keras_weight_file_round_trip(golden: Golden, tmp_path: Path) -> None:
    golden.model.save_weights(tmp_path / "weights.h5")
    _empty(golden.twin)
    golden.twin.load_weights(tmp_path / "weights.h5")
    _assert_same_weights(golden.twin, golden.model)
    assert np.array_equal(golden.twin(rule.pictures(), training=False).numpy(), golden.probabilities)


def test_file_with_keras_counters_for_names_loads(golden: Golden, tmp_path: Path) -> None:
    """The published files call their layers conv2d_1, quant_conv2d_3, ...: only the order of the layers counts."""
    _write_as_published(golden.model, tmp_path / "published.h5")
    _empty(golden.twin)
    keras_h5.load(golden.twin, tmp_path / "published.h5", ())
    _assert_same_weights(golden.twin, golden.model)


def _empty(model: keras.Model) -> None:
    for variable in model.weights:
        variable.assign(tf.zeros_like(variable))


def _assert_same_weights(found: keras.Model, expected: keras.Model) -> None:
    for ours, theirs in zip(found.weights, expected.weights, strict=True):
        assert np.array_equal(ours.numpy(), theirs.numpy()), ours.name


def _write_as_published(model: keras.Model, path: Path) -> None:
    counts: dict[str, int] = {}
    with h5py.File(path, "w") as file:
        names = []
        for layer in model.layers:
            kind = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(layer).__name__).lower().replace("conv2_d", "conv2d")
            counts[kind] = counts.get(kind, 0) + 1
            name = kind if counts[kind] == 1 else f"{kind}_{counts[kind] - 1}"
            names.append(name.encode())
            group = file.create_group(name)
            leaves = [f"{name}/{rule.leaf_of(weight.name)}:0".encode() for weight in layer.weights]
            group.attrs["weight_names"] = leaves
            for leaf, weight in zip(leaves, layer.weights, strict=True):
                group.create_dataset(leaf.decode(), data=weight.numpy())
        file.attrs["layer_names"] = names
        assert not {name.decode() for name in names} & {layer.name for layer in model.layers if layer.weights}
