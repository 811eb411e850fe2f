"""Each piece of advice is given where it is not followed, and nowhere else."""

from __future__ import annotations

import pytest
from networks import small_network

import bnn_zoo
from bnn_zoo import blocks
from bnn_zoo._keras import keras, larq
from bnn_zoo.comparison.hints import find_hints
from bnn_zoo.comparison.read import read_layers

RULES = {
    "first_layer": "stem",
    "last_layer": "head",
    "batch_norm": "one",
    "pooling": "pool",
    "shortcut": "two",
    "bias": "one",
}


@pytest.mark.parametrize(("rule", "layer"), RULES.items())
def test_a_hint_for_what_is_wrong_and_no_other(rule: str, layer: str) -> None:
    (hint,) = find_hints(read_layers(small_network(rule)))
    assert (hint.rule.name, hint.layer) == (rule, layer)
    assert hint.rule.reason and hint.rule.read_on.startswith("https://") and hint.found


def test_none_where_all_advice_is_followed() -> None:
    assert find_hints(read_layers(small_network())) == ()


@pytest.mark.parametrize(("order", "rules"), [("norm_pool", ["pooling"]), ("pool_norm", [])])
def test_a_learnt_threshold_or_dropout_does_not_hide_a_pool_behind_batch_norm(order: str, rules: list[str]) -> None:
    images = keras.Input((16, 16, 3))
    x = blocks.residual_stem(images, 8)
    x = blocks.pooled_block(x, 8, order=order, name="down")  # type: ignore[arg-type]
    x = blocks.react_conv(keras.layers.Dropout(0.1)(x))
    layers = read_layers(keras.Model(images, blocks.head(x, 5)))
    assert [hint.rule.name for hint in find_hints(layers) if hint.layer == "down_pool"] == rules


def test_networks_of_the_zoo() -> None:
    """What the literature says of them: the early ones bind their ends or have no shortcuts, the later ones follow the guide."""
    found = {name: {hint.rule.name for hint in bnn_zoo.profile(name).hints} for name in bnn_zoo.list_models()}
    assert found["binarynet"] == found["binary_alexnet"] == {"first_layer", "last_layer", "shortcut"}
    assert found["xnornet"] == {"shortcut"}
    assert found["dorefanet"] == {"pooling", "shortcut"}
    for name in ("birealnet", "binary_resnet_e18", "binary_densenet45", "meliusnet22", "real_to_binary_net", "quicknet"):
        assert found[name] == set()


def test_a_float_network_gets_no_advice() -> None:
    images = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3, strides=2)(images)
    assert find_hints(read_layers(keras.Model(images, keras.layers.Dense(2)(keras.layers.Flatten()(x))))) == ()


def test_a_bias_without_batch_norm_behind_it_is_of_use() -> None:
    images = keras.Input((8, 8, 3))
    x = blocks.real_conv(images, 8, name="stem")
    x = larq.layers.QuantConv2D(8, 3, input_quantizer="ste_sign", kernel_quantizer="ste_sign", use_bias=True, name="binary")(x)
    model = keras.Model(images, blocks.head(x, 2))
    assert "bias" not in {hint.rule.name for hint in find_hints(read_layers(model))}


def test_a_profile_without_hints_says_that_the_guide_was_asked() -> None:
    x = keras.Input((8, 8, 3))
    clean = bnn_zoo.profile(keras.Model(x, keras.layers.Dense(2, activation="softmax")(keras.layers.Flatten()(x))))
    assert not clean.hints and str(clean).endswith("\n\nThe guide to building BNNs has nothing to add.")
    assert "nothing to add" not in str(bnn_zoo.profile("binary_alexnet"))
