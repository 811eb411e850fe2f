"""Each group of variables moves as far as its own rate lets it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from narrow import NARROW, noise, randomize

import bnn_zoo
from bnn_zoo._keras import keras
from bnn_zoo.hub.variables import named_variables
from bnn_zoo.models import find_architecture
from bnn_zoo.models.build import build_model
from bnn_zoo.transfer import discriminative_optimizer


def network(name: str = "birealnet") -> Any:
    return randomize(build_model(find_architecture(name), input_shape=(32, 32, 3), num_classes=4, arguments=NARROW[name]))


def largest_steps(model: Any, optimizer: Any) -> dict[str, float]:
    """By how much each trained variable changed in one step; Adam's first step is as long as its rate."""
    before = {name: variable.numpy() for name, variable in named_variables(model).items()}
    model.compile(optimizer, "sparse_categorical_crossentropy")
    model.train_on_batch(noise(), np.arange(4))
    moved = {name: np.abs(variable.numpy() - before[name]).max() for name, variable in named_variables(model).items()}
    return {name: step for name, step in moved.items() if "moving_" not in name}


def check_head_body_and_binary(steps: dict[str, float]) -> None:
    expected = {name: 1e-2 if name.startswith("head") else 1e-4 for name in steps}
    binary = [name for name in steps if name.startswith("section") and name.endswith("conv/kernel") and "shortcut" not in name]
    expected |= dict.fromkeys(binary, 1e-3)
    assert len(binary) == 5
    for name, step in steps.items():
        assert step == pytest.approx(expected[name], rel=0.2), name


def network_inside_the_clip() -> Any:
    model = network()
    for variable in model.trainable_variables:  # well inside the clip of latent weights
        variable.assign(variable * 0.1)
    return model


def test_head_body_and_binary_kernels_have_their_rates() -> None:
    model = network_inside_the_clip()
    check_head_body_and_binary(largest_steps(model, discriminative_optimizer(model, head=1e-2, body=1e-4, binary=1e-3)))


def test_binary_kernels_go_with_the_body_unless_told_otherwise() -> None:
    model = network()
    steps = largest_steps(model, discriminative_optimizer(model, head=1e-2, body=1e-4, kind="sgd"))
    assert max(steps[name] for name in steps if name.startswith("head")) > 0
    assert len(model.optimizer.optimizers) == 2


def test_a_schedule_and_another_place() -> None:
    model = network()
    rate = keras.optimizers.schedules.CosineDecay(1e-2, 10)
    steps = largest_steps(model, discriminative_optimizer(model, head=rate, body=1e-5, until="section_3"))
    assert steps["section_3_block_0_bn/beta"] == pytest.approx(1e-2, rel=0.02)
    assert steps["stem_bn/beta"] == pytest.approx(1e-5, rel=0.05)


def test_frozen_layers_stay() -> None:
    model = network()
    bnn_zoo.freeze(model)
    steps = largest_steps(model, discriminative_optimizer(model, binary=1e-3))
    assert {name for name, step in steps.items() if step} == {"head_dense/kernel", "head_dense/bias"}


def test_it_learns() -> None:
    model = network()
    model.compile(discriminative_optimizer(model, head=1e-2, body=1e-3, binary=1e-2), "sparse_categorical_crossentropy")
    losses = model.fit(noise(), np.arange(4), epochs=15, verbose=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]


def saved_and_loaded(model: Any, path: Path) -> Any:
    model.save(path)
    return keras.models.load_model(path)


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_model_that_was_saved_and_loaded_keeps_its_rates(tmp_path: Path, suffix: str) -> None:
    model = network_inside_the_clip()
    model.compile(discriminative_optimizer(model, head=1e-2, body=1e-4, binary=1e-3), "sparse_categorical_crossentropy")
    loaded = saved_and_loaded(model, tmp_path / f"model{suffix}")
    check_head_body_and_binary(largest_steps(loaded, loaded.optimizer))


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("kind", ["adam", "sgd"])
def test_an_h5_file_keeps_moments_and_schedules_too(tmp_path: Path, kind: Any) -> None:
    model = network()
    rate = keras.optimizers.schedules.CosineDecay(1e-2, 10)
    optimizer = discriminative_optimizer(model, head=rate, body=1e-3, binary=1e-2, kind=kind)
    model.compile(optimizer, "sparse_categorical_crossentropy")
    for _ in range(2):
        model.train_on_batch(noise(), np.arange(4))
    loaded = saved_and_loaded(model, tmp_path / "model.h5")
    for trained in (model, loaded):
        trained.train_on_batch(noise(), np.arange(4))
    for expected, found in zip(model.trainable_variables, loaded.trainable_variables, strict=True):
        np.testing.assert_allclose(found.numpy(), expected.numpy(), atol=1e-5, err_msg=found.name)


def test_variables_of_one_name_keep_their_rates(tmp_path: Path) -> None:
    body = keras.Sequential([keras.layers.Dense(3, name="dense", input_shape=(5,))], name="body")
    model = keras.Sequential([body, keras.layers.Dense(4, "softmax", name="dense")])
    rates = dict(head=1e-2, body=1e-4, until="dense")
    model.compile(discriminative_optimizer(model, **rates), "sparse_categorical_crossentropy")
    for subject in (model, saved_and_loaded(model, tmp_path / "model.keras")):
        before = [variable.numpy() for variable in subject.trainable_variables]
        subject.train_on_batch(np.random.default_rng(0).normal(size=(4, 5)).astype("float32"), np.arange(4))
        after = [variable.numpy() for variable in subject.trainable_variables]
        steps = [np.abs(new - old).max() for new, old in zip(after, before, strict=True)]
        assert steps == pytest.approx([1e-4, 1e-4, 1e-2, 1e-2], rel=0.05)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({"head": 0.0}, "head is 0.0"), ({"binary": -1e-3}, "binary is -0.001"), ({"kind": "lion"}, "kind is 'lion'.*adam, sgd")],
)
def test_what_means_nothing(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        discriminative_optimizer(network(), **arguments)


def test_what_was_frozen_when_the_optimizer_was_made_has_no_rate() -> None:
    model = network()
    bnn_zoo.freeze(model)
    optimizer = discriminative_optimizer(model)
    bnn_zoo.unfreeze(model)
    with pytest.raises(ValueError, match="stem_conv/kernel is none of them; freeze and unfreeze first"):
        largest_steps(model, optimizer)


def test_what_is_frozen_later_takes_no_rate_from_the_rest() -> None:
    model = network()
    optimizer = discriminative_optimizer(model, head=1e-2)
    bnn_zoo.freeze(model)
    steps = largest_steps(model, optimizer)
    assert {name for name, step in steps.items() if step > 5e-3} == {"head_dense/kernel", "head_dense/bias"}


def test_nothing_to_train() -> None:
    model = network()
    bnn_zoo.freeze(model, until=1.0)
    with pytest.raises(ValueError, match="unfreeze"):
        discriminative_optimizer(model)
