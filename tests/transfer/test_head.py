"""A new head sits on exactly what the network had learned."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from narrow import DISTINCT, NARROW, noise, probabilities_shape, randomize

import bnn_zoo
from bnn_zoo import blocks
from bnn_zoo._keras import keras
from bnn_zoo.hub.variables import named_variables
from bnn_zoo.models import find_architecture
from bnn_zoo.models.build import build_model, record_of
from bnn_zoo.training.precision import computing_in


def network(name: str, num_classes: int | None = 4, **arguments: Any) -> Any:
    return build_model(
        find_architecture(name), input_shape=(32, 32, 3), num_classes=num_classes, arguments={**NARROW[name], **arguments}
    )


def user_network(num_classes: int = 4, **head: Any) -> Any:
    images = keras.Input((16, 16, 3))
    x = blocks.conv_with_shortcut(blocks.residual_stem(images, 8), 16, name="only")
    return keras.Model(images, blocks.head(x, num_classes, **head), name="mine")


def check_same_but_head(old: Any, new: Any, head: str = "head_") -> None:
    before, after = named_variables(old), named_variables(new)
    assert set(before) == set(after)
    kept = [name for name in before if not name.startswith(head)]
    assert len(kept) > 3
    for name in kept:
        np.testing.assert_array_equal(before[name].numpy(), after[name].numpy(), err_msg=name)
        assert before[name] is not after[name]


@pytest.mark.parametrize("name", DISTINCT)
def test_every_network_of_the_zoo(name: str) -> None:
    old = randomize(network(name))
    new = bnn_zoo.replace_head(old, 7)
    assert new.output_shape == (None, *probabilities_shape(name, 7)) and new.name == old.name
    check_same_but_head(old, new)
    record = record_of(new)
    assert record is not None and record.num_classes == 7 and record.arguments == record_of(old).arguments
    assert new(noise(), training=False).shape == (4, *probabilities_shape(name, 7))


@pytest.mark.parametrize("name", DISTINCT)
def test_a_network_of_the_zoo_without_top_gets_one(name: str) -> None:
    old = randomize(network(name, num_classes=None))
    new = bnn_zoo.replace_head(old, 3)
    assert new.output_shape == (None, *probabilities_shape(name, 3))
    after = named_variables(new)
    for key, variable in named_variables(old).items():
        np.testing.assert_array_equal(variable.numpy(), after[key].numpy(), err_msg=key)


def test_the_head_is_new_also_for_the_same_number_of_classes() -> None:
    old = network("birealnet")
    new = bnn_zoo.replace_head(old, 4)
    check_same_but_head(old, new)
    assert not np.array_equal(old.get_layer("head_dense").kernel.numpy(), new.get_layer("head_dense").kernel.numpy())


@pytest.mark.parametrize("head", [{}, {"binary": True}, {"name": "top"}])
def test_a_network_of_ones_own(head: dict[str, Any]) -> None:
    old = randomize(user_network(**head))
    name = head.get("name", "head")
    new = bnn_zoo.replace_head(old, 6, head=name)
    assert new.output_shape == (None, 6) and new.name == "mine"
    check_same_but_head(old, new, f"{name}_")
    features = [keras.Model(model.input, model.get_layer("only_add").output)(noise(16, 16), training=False) for model in (old, new)]
    np.testing.assert_array_equal(*features)


def test_a_network_around_another() -> None:
    body = randomize(network("birealnet", num_classes=None))
    old = keras.Sequential([body, keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(5, "softmax", name="classes")])
    new = bnn_zoo.replace_head(old, 2, head="classes")
    assert new.output_shape == (None, 2)
    check_same_but_head(old, new, "classes/")


def test_the_new_network_learns_apart_from_the_old_one() -> None:
    old = randomize(network("birealnet"))
    before = old.get_weights()
    new = bnn_zoo.replace_head(old, 2)
    new.compile("adam", "sparse_categorical_crossentropy")
    new.fit(noise(), np.array([0, 1, 0, 1]), verbose=0)
    for expected, found in zip(before, old.get_weights(), strict=True):
        np.testing.assert_array_equal(expected, found)


@pytest.mark.parametrize("make", [lambda: network("quicknet"), user_network])
def test_what_was_frozen_is_trainable_in_the_new_network(make: Any) -> None:
    old = make()
    everything = len(old.trainable_variables)
    bnn_zoo.freeze(old)
    assert len(bnn_zoo.replace_head(old, 2).trainable_variables) == everything
    assert len(old.trainable_variables) == 2


def test_what_was_frozen_by_hand_is_trainable_in_the_new_network() -> None:
    old = user_network()
    everything = len(old.trainable_variables)
    old.get_layer("only_conv").trainable = False
    assert len(bnn_zoo.replace_head(old, 2).trainable_variables) == everything
    old.trainable = False
    assert len(bnn_zoo.replace_head(old, 2).trainable_variables) == everything


def test_a_hidden_layer_of_the_head_keeps_its_size() -> None:
    layers = [keras.layers.Dense(3, name="head_a"), keras.layers.BatchNormalization(name="head_bn"), keras.layers.ReLU()]
    old = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), *layers, keras.layers.Dense(3, name="head_b")])
    new = bnn_zoo.replace_head(old, 5)
    assert (new.get_layer("head_a").units, new.get_layer("head_b").units) == (3, 5)


def test_all_layers_that_the_output_adds_up_are_resized() -> None:
    images = keras.Input((6,))
    branches = [keras.layers.Dense(3, name=f"head_{side}")(images) for side in "ab"]
    old = keras.Model(images, keras.layers.Softmax()(keras.layers.Add()(branches)))
    assert bnn_zoo.replace_head(old, 5).output_shape == (None, 5)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "float64"])
def test_the_new_network_computes_as_the_old_one_did(policy: str) -> None:
    with computing_in(policy):
        old = network("quicknet")
    new = bnn_zoo.replace_head(old, 2)
    assert [layer.dtype_policy.name for layer in new.layers[1:]] == [layer.dtype_policy.name for layer in old.layers[1:]]
    assert new.get_layer("stem_conv").dtype_policy.name == policy
    assert keras.mixed_precision.global_policy().name == "float32"


def test_preprocessing_stays_and_class_names_do_not() -> None:
    old = bnn_zoo.BiRealNet(pretrained="cifar10")
    new = bnn_zoo.replace_head(old, 3)
    pictures = np.random.default_rng(0).integers(0, 256, (2, 40, 48, 3)).astype("uint8")
    np.testing.assert_array_equal(bnn_zoo.preprocess(pictures, old), bnn_zoo.preprocess(pictures, new))
    with pytest.raises(ValueError, match="class names"):
        bnn_zoo.decode_predictions(np.ones((1, 3)) / 3, new)


def test_numpys_whole_numbers_are_numbers_of_classes() -> None:
    assert bnn_zoo.replace_head(user_network(), np.int64(3)).output_shape == (None, 3)  # type: ignore[arg-type]
    record = record_of(bnn_zoo.replace_head(network("binarynet"), np.int64(3)))  # type: ignore[arg-type]
    assert record is not None and type(record.num_classes) is int


@pytest.mark.parametrize("classes", [0, 1, -1, 2.0, True, np.True_, "3", None])
def test_what_is_no_number_of_classes(classes: Any) -> None:
    with pytest.raises(ValueError, match="num_classes is"):
        bnn_zoo.replace_head(user_network(), classes)


def test_what_has_no_head() -> None:
    with pytest.raises(ValueError, match="no layer with weights in mine has that name.*mine_dense"):
        bnn_zoo.replace_head(user_network(name="mine"), 3)
    with pytest.raises(ValueError, match="none of only_conv.*14, 14, 5.*head="):
        images = keras.Input((16, 16, 3))
        x = keras.layers.Conv2D(16, 3, name="only_conv")(images)
        bnn_zoo.replace_head(keras.Model(images, keras.layers.Dense(5, name="other")(x)), 3, head="only")
    with pytest.raises(TypeError, match="functional or sequential"):
        bnn_zoo.replace_head("birealnet", 3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"a new head needs a functional or sequential keras\.Model .* that is built.*wrapped"):
        bnn_zoo.replace_head(keras.Sequential([keras.layers.Dense(3)]), 3)


def test_what_keras_cannot_copy() -> None:
    images = keras.Input((8, 8, 3))
    x = keras.layers.Flatten()(
        keras.layers.Conv2D(4, 3, kernel_initializer=lambda shape, dtype=None: keras.backend.zeros(shape))(images)
    )
    with pytest.raises(ValueError, match="registered names"):
        bnn_zoo.replace_head(keras.Model(images, keras.layers.Dense(5, name="head_dense")(x)), 3)
