"""Each switch changes exactly what it says, and the baseline is what the blocks build."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
from narrow import noise, randomize

from bnn_zoo._keras import keras
from bnn_zoo.blocks import Binarization, conv_with_shortcut, head, residual_stem
from bnn_zoo.guide.budget import Budget, recipe_of
from bnn_zoo.guide.network import build_network
from bnn_zoo.guide.variants import Variant

BLOCKS = [f"section_{section}_block_{block}" for section in range(3) for block in range(2)]
HALVING = BLOCKS[::2]


def layers(variant: Variant) -> dict[str, Any]:
    """Every layer by name: its class and all its settings, without the numbers that Keras gives to quantizers."""
    model = build_network(variant, (16, 16, 3))
    return {
        layer.name: (type(layer).__name__, re.sub(r"ste_sign_\d+", "ste_sign", json.dumps(layer.get_config(), sort_keys=True)))
        for layer in model.layers
        if not isinstance(layer, keras.layers.InputLayer)
    }


@pytest.fixture(scope="module")
def baseline() -> dict[str, Any]:
    return layers(Variant())


def difference(baseline: dict[str, Any], variant: Variant) -> tuple[set[str], set[str], set[str]]:
    """Names of the layers that the variant lacks, that it has in addition, and that are there with other settings."""
    other = layers(variant)
    both = set(baseline) & set(other)
    return set(baseline) - both, set(other) - both, {name for name in both if baseline[name] != other[name]}


def inputs_of(model: keras.Model, name: str) -> list[str]:
    tensors = model.get_layer(name).input
    return [tensor.node.layer.name for tensor in (tensors if isinstance(tensors, list) else [tensors])]


def test_the_baseline_is_what_the_blocks_build() -> None:
    how = Binarization()
    images = keras.Input((16, 16, 3))
    x = residual_stem(images, 16, binarization=how)
    for name, filters in zip(BLOCKS, (32, 32, 64, 64, 128, 128), strict=True):
        x = conv_with_shortcut(x, filters, binarization=how, name=name)
    built = randomize(keras.Model(images, head(x, 10, binarization=how)))
    model = build_network(Variant(), (16, 16, 3))
    for layer in built.layers:
        if layer.weights:
            model.get_layer(layer.name).set_weights(layer.get_weights())
    pictures = noise(16, 16)
    np.testing.assert_array_equal(model.predict(pictures, verbose=0), built.predict(pictures, verbose=0))


def test_first_layer(baseline: dict[str, Any]) -> None:
    assert difference(baseline, Variant(first_layer="binary")) == (set(), set(), {"stem_conv"})
    layer = build_network(Variant(first_layer="binary"), (16, 16, 3)).get_layer("stem_conv")
    assert layer.input_quantizer.precision == layer.kernel_quantizer.precision == 1


def test_last_layer(baseline: dict[str, Any]) -> None:
    assert difference(baseline, Variant(last_layer="binary")) == (set(), {"head_bn"}, {"head_dense"})
    layer = build_network(Variant(last_layer="binary"), (16, 16, 3)).get_layer("head_dense")
    assert layer.input_quantizer.precision == layer.kernel_quantizer.precision == 1


def test_no_batch_norm_behind_binary_layers(baseline: dict[str, Any]) -> None:
    assert difference(baseline, Variant(norm="none")) == ({f"{name}_bn" for name in BLOCKS}, set(), set())


def test_shortcuts(baseline: dict[str, Any]) -> None:
    adds, inner = {f"{name}_add" for name in BLOCKS}, {f"{name}_add" for name in HALVING}
    changing = {f"{name}_shortcut_{role}" for name in HALVING for role in ("pool", "conv", "bn")}
    assert difference(baseline, Variant(shortcuts="every_second")) == (inner, set(), set())
    assert difference(baseline, Variant(shortcuts="none")) == (adds | changing, set(), set())
    model = build_network(Variant(shortcuts="every_second"), (16, 16, 3))
    assert inputs_of(model, "section_1_block_1_add") == ["section_1_block_1_bn", "section_1_block_0_shortcut_bn"]
    assert inputs_of(model, "section_1_block_1_conv") == ["section_1_block_0_bn"]


@pytest.mark.parametrize(("order", "before_pool", "before_norm"), [("pool_norm", "conv", "pool"), ("norm_pool", "bn", "conv")])
def test_pool_and_norm(baseline: dict[str, Any], order: Any, before_pool: str, before_norm: str) -> None:
    variant = Variant(downsampling=order)
    assert difference(baseline, variant) == (set(), {f"{name}_pool" for name in HALVING}, {f"{name}_conv" for name in HALVING})
    model = build_network(variant, (16, 16, 3))
    for name in HALVING:
        assert model.get_layer(f"{name}_conv").strides == (1, 1)
        assert inputs_of(model, f"{name}_pool") == [f"{name}_{before_pool}"]
        assert inputs_of(model, f"{name}_bn") == [f"{name}_{before_norm}"]


def test_the_order_of_pool_and_norm_is_all_that_differs() -> None:
    assert layers(Variant(downsampling="pool_norm")) == layers(Variant(downsampling="norm_pool"))


def test_widening_without_parameters(baseline: dict[str, Any]) -> None:
    removed = {f"{name}_shortcut_{role}" for name in HALVING for role in ("conv", "bn")}
    assert difference(baseline, Variant(widening="repeat")) == (removed, {f"{name}_shortcut_repeat" for name in HALVING}, set())
    model = build_network(Variant(widening="repeat"), (16, 16, 3))
    shortcut = keras.Model(
        model.get_layer("section_0_block_0_shortcut_pool").input, model.get_layer(f"{HALVING[0]}_shortcut_repeat").output
    )
    x = noise(16, 16, 16, batch=1)
    means = x.reshape(1, 8, 2, 8, 2, 16).mean(axis=(2, 4))
    np.testing.assert_allclose(shortcut.predict(x, verbose=0), np.concatenate([means, means], axis=-1), rtol=1e-5, atol=1e-6)


def test_momentum(baseline: dict[str, Any]) -> None:
    norms = {name for name, (kind, _) in baseline.items() if kind == "BatchNormalization"}
    assert len(norms) == 10
    assert difference(baseline, Variant(momentum=0.99)) == (set(), set(), norms)
    assert build_network(Variant(momentum=0.99), (16, 16, 3)).get_layer("stem_bn").momentum == 0.99


def test_optimizer(baseline: dict[str, Any]) -> None:
    assert difference(baseline, Variant(optimizer="bop")) == (set(), set(), set())
    settings = {"learning_rate": 0.1, "real_learning_rate": 0.01}
    recipe = recipe_of(Variant(optimizer="sgd"), settings, 2, Budget())
    assert (recipe.optimizer, recipe.learning_rate) == ("sgd", 0.1)
    assert (recipe.real_optimizer, recipe.real_learning_rate) == ("adam", 0.01)
    baseline_recipe = recipe_of(Variant(), {"learning_rate": 0.01}, 2, Budget())
    assert (baseline_recipe.optimizer, baseline_recipe.real_optimizer) == ("adam", "same")


def test_pictures_that_cannot_be_halved_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(20, 16, 3\).*multiples of 8"):
        build_network(Variant(), (20, 16, 3))
