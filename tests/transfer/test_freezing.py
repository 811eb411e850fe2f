"""What is frozen stays as it is, to the bit; what is not, changes; and the report tells which is which."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from narrow import DISTINCT, NARROW, classes_for, noise, randomize

import bnn_zoo
from bnn_zoo._keras import keras
from bnn_zoo.hub.variables import named_variables
from bnn_zoo.models import find_architecture
from bnn_zoo.models.build import build_model


def network(name: str = "birealnet", num_classes: int | None = 4) -> Any:
    return randomize(build_model(find_architecture(name), input_shape=(32, 32, 3), num_classes=num_classes, arguments=NARROW[name]))


def changed_by_training(model: Any, eagerly: bool = False) -> set[str]:
    """The layers that a few steps of fit change, moving averages included; eagerly, no graph is traced, which takes seconds."""
    before = {name: variable.numpy() for name, variable in named_variables(model).items()}
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy", run_eagerly=eagerly)
    model.fit(noise(), classes_for(model), epochs=2, verbose=0)
    after = named_variables(model)
    return {name.rpartition("/")[0] for name, value in before.items() if not np.array_equal(value, after[name].numpy())}


@pytest.mark.parametrize("name", DISTINCT)
def test_all_but_the_head_of_every_network(name: str) -> None:
    model = network(name)
    report = bnn_zoo.freeze(model)
    assert changed_by_training(model, eagerly=True) == set(report.trained)
    assert report.trained and all(layer.startswith("head_") for layer in report.trained)
    assert {layer.name for layer in model.layers if layer.weights} == {*report.frozen, *report.trained}
    assert report.trained_parameters + report.frozen_parameters == model.count_params()


def test_a_block_and_what_lies_before_it() -> None:
    model = network()
    report = bnn_zoo.freeze(model, until="section_2")
    assert report.trained[0].startswith("section_2_block_0") and report.frozen[-1].startswith("section_1_block_1")
    assert changed_by_training(model) == set(report.trained)
    assert "frozen: 10 of 19" in str(report) and "stem_conv to section_1_block_1_bn" in str(report)


def test_frozen_batch_norm_is_in_inference_mode() -> None:
    model = network()
    bnn_zoo.freeze(model)
    np.testing.assert_array_equal(model(noise(), training=True), model(noise(), training=False))


@pytest.mark.parametrize(
    ("until", "frozen"),
    [
        (0, 0),
        (3, 2),
        (np.int64(3), 2),
        (0.0, 0),
        (0.5, 9),
        (1.0, 19),
        ("stem", 0),
        ("head_dense", 18),
        ("section_3_block_0_add", 18),
        (-1, 19),
    ],
)
def test_places(until: Any, frozen: int) -> None:
    assert len(bnn_zoo.freeze(network(), until=until).frozen) == frozen


def test_later_calls_set_free_what_earlier_ones_froze() -> None:
    model = network()
    everything = [variable.name for variable in model.trainable_variables]
    bnn_zoo.freeze(model, until="head")
    bnn_zoo.freeze(model, until="section_3")
    assert next(variable.name for variable in model.trainable_variables).startswith("section_3")
    report = bnn_zoo.unfreeze(model)
    assert [variable.name for variable in model.trainable_variables] == everything
    assert not report.frozen and "frozen: 0 of 19" in str(report)


def test_what_is_fixed_by_design_stays_fixed() -> None:
    model = network("quicknet")
    fixed = [layer.name for layer in model.layers if layer.name.endswith("_blur")]
    bnn_zoo.freeze(model)
    report = bnn_zoo.unfreeze(model)
    assert fixed and set(report.frozen) >= set(fixed)
    assert not any(model.get_layer(name).trainable for name in fixed)


def saved_and_loaded(model: Any, path: Path) -> Any:
    model.save(path)
    return keras.models.load_model(path)


def by_kerass_own_flag(model: Any) -> Any:
    model.trainable = False
    return model


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("way", [".keras", ".h5", keras.models.clone_model, by_kerass_own_flag])
def test_what_something_else_froze_is_set_free_too(way: Any, tmp_path: Path) -> None:
    model = network("quicknet")
    everything = bnn_zoo.unfreeze(model)
    bnn_zoo.freeze(model)
    model = saved_and_loaded(model, tmp_path / f"model{way}") if isinstance(way, str) else way(model)
    assert bnn_zoo.freeze(model, until="head").trained == ("head_dense",) and len(model.trainable_variables) == 2
    assert bnn_zoo.unfreeze(model) == everything
    assert sum(int(np.prod(variable.shape)) for variable in model.trainable_variables) == everything.trained_parameters


def test_a_model_inside_that_was_frozen_as_a_whole_is_set_free() -> None:
    body = network(num_classes=None)
    model = keras.Sequential([body, keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(4, "softmax", name="classes")])
    body.trainable = False
    bnn_zoo.freeze(model, until="birealnet/section_3")
    names = [variable.name for variable in model.trainable_variables]
    assert names and all(name.startswith(("section_3_", "classes/")) for name in names)


def test_a_block_of_the_only_model_inside_needs_no_path() -> None:
    bodies = [network(num_classes=None), build_model(find_architecture("birealnet"), input_shape=(32, 32, 3), name="other")]
    images = keras.Input((32, 32, 3))
    model = keras.Model(images, bodies[0](images))
    for until in ("section_1", "section_1_block_0", "section_1_block_0_conv"):
        assert bnn_zoo.freeze(model, until) == bnn_zoo.freeze(model, f"birealnet/{until}")
    two = keras.Model(images, [body(images) for body in bodies])
    with pytest.raises(ValueError, match="'section_1', but several.* take one of birealnet/section_1, other/section_1"):
        bnn_zoo.freeze(two, "section_1")


def test_layers_of_a_model_inside_the_model() -> None:
    body = network(num_classes=None)
    model = keras.Sequential([body, keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(4, "softmax", name="classes")])
    report = bnn_zoo.freeze(model, until=f"{body.name}/section_2")
    assert all(name.startswith("birealnet/") for name in report.frozen) and report.trained[-1] == "classes"
    assert changed_by_training(model) == set(report.trained)
    assert bnn_zoo.freeze(model, until="classes").trained == ("classes",)


@pytest.mark.parametrize(
    ("until", "error", "words"),
    [
        ("section_9", ValueError, "section_9.*model.summary"),
        ("heads", ValueError, "Did you mean head_"),
        (99, ValueError, "there are 31 layers"),
        (-99, ValueError, "there are 31 layers"),
        (1.5, ValueError, "from 0.0 to 1.0"),
        (float("nan"), ValueError, "from 0.0 to 1.0"),
        (True, TypeError, "until is True"),
        (None, TypeError, "until is None"),
    ],
)
def test_no_such_place(until: Any, error: type[Exception], words: str) -> None:
    model = network()
    with pytest.raises(error, match=words):
        bnn_zoo.freeze(model, until=until)
    assert all(layer.trainable for layer in model.layers)


def test_what_is_no_model() -> None:
    with pytest.raises(TypeError, match="str; expected a keras.Model"):
        bnn_zoo.freeze("birealnet")  # type: ignore[arg-type]
