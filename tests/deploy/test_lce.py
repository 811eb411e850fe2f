"""Every network in Larq Compute Engine against Keras."""

from __future__ import annotations

import numpy as np
import pytest
from deploy_models import narrow_model, random_norms, sure_pictures
from narrow import DISTINCT, noise

from bnn_zoo import deploy
from bnn_zoo._keras import keras, larq
from bnn_zoo.deploy.lce.rewrite import float_layers, rewrite_for_lce


@pytest.mark.parametrize("name", DISTINCT)
@pytest.mark.filterwarnings("ignore:Larq Compute Engine computes")
def test_rewritten_networks_predict_the_same(name: str) -> None:
    model = narrow_model(name)
    difference = deploy.compare(model, rewrite_for_lce(model), sure_pictures(model, noise(batch=32)))
    assert difference.top1_changes == 0 and difference.largest < 1e-4


@pytest.mark.parametrize("name", ["birealnet", "dorefanet", "xnornet", "binarynet", "meliusnet_a", "strong_baseline_net"])
@pytest.mark.filterwarnings("ignore:Larq Compute Engine computes")
def test_the_interpreter_predicts_the_same(name: str) -> None:
    pytest.importorskip("larq_compute_engine")
    model = narrow_model(name)
    difference = deploy.compare(model, deploy.compile(model, "lce", threads=1), sure_pictures(model, noise(batch=32)))
    assert difference.top1_changes == 0 and difference.largest < 1e-4


def test_kernels_larger_than_their_picture() -> None:
    pytest.importorskip("larq_compute_engine")
    images = keras.Input((2, 2, 32))
    layer = larq.layers.QuantConv2D(
        32,
        3,
        padding="same",
        use_bias=False,
        input_quantizer="ste_sign",
        kernel_quantizer="ste_sign",
        kernel_constraint="weight_clip",
    )
    model = random_norms(keras.Model(images, layer(images)))
    pictures = noise(2, 2, 32)
    assert np.array_equal(deploy.compile(model, "lce").predict(pictures), model.predict(pictures, verbose=0))


def test_what_stays_float_is_named() -> None:
    found = float_layers(narrow_model("binarynet"))
    assert [layer.name for layer in found] == ["section_0_block_0_conv"]
    assert found[0].reason == "its inputs are real-valued"
    with pytest.warns(UserWarning, match="section_0_block_0_conv"):
        rewrite_for_lce(narrow_model("binarynet", section_filters=(64, 8, 8)))
