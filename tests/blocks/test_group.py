"""Group-Net's block computes what the paper says, with weights that the bases share where it says so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from narrow import noise, randomize

from bnn_zoo import blocks
from bnn_zoo._keras import keras, tf


def two_blocks(bases: int = 3, **arguments: Any) -> keras.Model:
    images = keras.Input((12, 12, 8))
    x, branches = blocks.group_block(images, [images] * bases, name="a")
    x, branches = blocks.group_block(x, branches, 16, name="b", **arguments)
    return randomize(keras.Model(images, [x, *branches]))


def test_a_soft_gate_mixes_each_base_with_the_sum() -> None:
    images, other = keras.Input((4,)), keras.Input((4,))
    model = keras.Model([images, other], blocks.soft_gate([images, 2 * images], other, name="gate"))
    model.get_layer("gate").set_weights([np.array([1.5], np.float32)])
    share = 1 / (1 + np.exp(-1.5))
    ones, threes = np.ones((1, 4), np.float32), np.full((1, 4), 3, np.float32)
    first, second = model([ones, threes])
    np.testing.assert_allclose(first, share + (1 - share) * threes, rtol=1e-6)
    np.testing.assert_allclose(second, share * 2 + (1 - share) * threes, rtol=1e-6)


def test_the_sum_is_the_mean_until_its_weights_are_trained() -> None:
    images = keras.Input((4,))
    model = keras.Model(images, blocks.weighted_sum([images, 3 * images], name="a"))
    assert model(np.ones((1, 4), np.float32)).numpy().tolist() == [[2.0] * 4]
    model.get_layer("a_base0_scale").set_weights([np.array([5], np.float32)])
    assert model(np.ones((1, 4), np.float32)).numpy().tolist() == [[6.5] * 4]


def test_the_sum_weighs_the_bases_that_are_given_on() -> None:
    model = two_blocks()
    total, *branches = (features.numpy() for features in model(noise(12, 12, 8)))
    assert total.shape == branches[0].shape == (4, 6, 6, 16)
    gains = [model.get_layer(f"b_base{base}_scale").gain.numpy() for base in range(3)]
    expected = sum(gain * branch for gain, branch in zip(gains, branches, strict=True))
    np.testing.assert_allclose(total, expected, rtol=1e-4, atol=1e-4)
    assert not np.allclose(branches[0], branches[1])


def test_the_first_base_may_be_handed_on_as_the_sum() -> None:
    """As in the authors' code without scales, which adds up the branches in the first one's place."""
    own, summed = (two_blocks(first_base_sums=sums)(noise(12, 12, 8)) for sums in (False, True))
    np.testing.assert_array_equal(summed[0], own[0])
    np.testing.assert_allclose(summed[1], tf.add_n(own[1:]), rtol=1e-5, atol=1e-5)
    for branch in (2, 3):
        np.testing.assert_array_equal(summed[branch], own[branch])


def test_only_the_first_block_has_no_gate_and_bases_share_gate_and_shortcut() -> None:
    names = {layer.name: layer for layer in two_blocks().layers}
    assert "a_gate" not in names and "a_shortcut_conv" not in names
    assert [len(names[name].inbound_nodes) for name in ("b_gate", "b_shortcut_conv", "b_shortcut_bn", "b_base0_first_conv")] == [
        *(3, 3, 3, 1)
    ]


def test_shared_weights_learn_from_all_bases() -> None:
    model = two_blocks()
    with tf.GradientTape(persistent=True) as tape:
        losses = [tf.reduce_sum(tf.square(branch)) for branch in model(noise(12, 12, 8))[1:]]
    assert len(losses) == 3
    kernel = model.get_layer("b_shortcut_conv").kernel.latent_variable
    for loss in losses:
        assert np.abs(tape.gradient(loss, kernel)).max() > 0


def test_a_dilation_rate_a_base() -> None:
    model = two_blocks(strides=1, dilation_rates=(2, 3, 4))
    rates = [model.get_layer(f"b_base{base}_{half}_conv").dilation_rate[0] for base in range(3) for half in ("first", "second")]
    assert rates == [2, 2, 3, 3, 4, 4]
    assert model.output_shape[0] == (None, 12, 12, 16)


@pytest.mark.parametrize("rates", [(), (1, 2), (1, 2, 3, 4)])
def test_as_many_rates_as_bases(rates: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=rf"dilation_rates has {len(rates)} entries, and there are 3 bases"):
        two_blocks(dilation_rates=rates)


def test_no_bases() -> None:
    images = keras.Input((12, 12, 8))
    with pytest.raises(ValueError, match="there are 0 bases"):
        blocks.group_block(images, [])


def test_a_block_takes_values_as_it_takes_a_networks_tensors() -> None:
    x = tf.constant(noise(12, 12, 8))
    total, branches = blocks.group_block(x, [x, 2 * x], 16)
    assert total.shape == branches[0].shape == branches[1].shape == (4, 6, 6, 16)


def test_unnamed_blocks_and_a_single_base() -> None:
    images = keras.Input((12, 12, 8))
    x, branches = blocks.group_block(images, [images])
    x, branches = blocks.group_block(x, branches, 16)
    assert keras.Model(images, x)(noise(12, 12, 8)).shape == (4, 6, 6, 16)
