"""A&B BNN's second stage begins where its first one ended: gains take on what signs do not hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_runs import shades_of, tiny_network

from bnn_zoo._keras import keras
from bnn_zoo.data.preprocessing_settings import CIFAR10
from bnn_zoo.training import Recipe, Stage, train


@pytest.mark.parametrize("name", ["ab_reactnet18", "ab_reactnet_a"])
def test_binary_kernels_begin_at_the_mean_magnitude_of_the_real_ones(name: str, tmp_path: Path) -> None:
    def network() -> keras.Model:
        return tiny_network(name, section_blocks=(1, 2))

    # Nothing is learned in the second stage, so that what the first one left can be compared.
    stages = (Stage("half", 1, "activations"), Stage("binary", 1, start="half", settings={"learning_rate": 0.0}))
    recipe = Recipe(f"{name}.shades", epochs=2, batch_size=8, held_out=8, learning_rate=0.01, stages=stages)
    train(network, recipe, shades_of(24), CIFAR10, tmp_path)
    half, binary = network(), network()
    half.load_weights(str(tmp_path / "half.weights.h5"))
    binary.load_weights(str(tmp_path / "last.weights.h5"))
    compared = 0
    for layer in binary.layers:
        if getattr(layer, "kernel_quantizer", None) is None or layer.name == "stem_conv":
            continue
        kernel, gain = half.get_layer(layer.name).kernel.numpy(), layer.name.replace("conv", "gain")
        filters = kernel.reshape(-1, kernel.shape[-1])
        # The authors' kernel: gain * mean |s| * sign(s), s standardized to variance 1 / inputs.
        s = (filters - filters.mean(axis=0)) / filters.std(axis=0) / len(filters) ** 0.5
        theirs = half.get_layer(gain).gain.numpy() * np.abs(s).mean(axis=0) * np.sign(s)
        ours = layer.kernel_quantizer(layer.kernel).numpy().reshape(filters.shape) * binary.get_layer(gain).gain.numpy()
        np.testing.assert_allclose(ours, theirs, rtol=1e-3)
        compared += 1
    assert compared >= 4
    np.testing.assert_array_equal(half.get_layer("stem_gain").gain, binary.get_layer("stem_gain").gain)
