"""Feature maps: of the sizes that were asked for, from where the blocks end, real-valued, sharing the network's weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from narrow import DISTINCT, NARROW, noise, randomize

import bnn_zoo
from bnn_zoo import blocks
from bnn_zoo._keras import keras
from bnn_zoo.models import find_architecture
from bnn_zoo.models.build import build_model

RESIDUAL = {
    2: "stem_bn",
    4: "section_0_block_0_add",
    8: "section_1_block_1_add",
    16: "section_2_block_0_add",
    32: "section_3_block_0_add",
}
DENSE = {
    2: "stem_relu",
    4: "section_0_block_0_concat",
    8: "section_1_block_1_concat",
    16: "section_2_block_0_concat",
    32: "features_relu",
}
REACT = {stride: layer.replace("_add", "_prelu_behind") for stride, layer in RESIDUAL.items()}
REACT_A = {
    2: "section_0_block_0_pointwise_prelu_behind",
    4: "section_1_block_1_pointwise_prelu_behind",
    8: "section_2_block_0_pointwise_prelu_behind",
    16: "section_3_block_0_pointwise_prelu_behind",
}
BNEXT = {
    2: "section_0_block_0_pointwise_concat",
    4: "section_1_block_1_pointwise_add",
    8: "section_2_block_0_pointwise_concat",
    16: "features_prelu",
}
MELIUSNET = {
    2: "stem_relu2",
    4: "section_0_block_0_improve_add",
    8: "section_1_block_0_improve_add",
    16: "section_2_block_0_improve_add",
    32: "features_relu",
}
#: Between its blocks each base has features of its own; all of them meet in the last sum alone.
GROUP_NET = {4: "stem_bn", 32: "section_3_block_0_sum"}
#: From stride to the layer in which it ends, for pictures of 64 pixels and more (BinaryNet has no other stem for them).
EXPECTED = {
    "binarynet": {
        1: "section_0_block_0_bn",
        2: "section_1_block_0_bn",
        4: "section_2_block_0_bn",
        8: "section_2_block_1_bn",
    },
    "binary_alexnet": {8: "stem_bn", 16: "section_1_block_1_bn", 32: "section_1_block_2_bn"},
    "xnornet": {4: "stem_relu", 8: "stem_pool_bn", 16: "section_1_block_1_bn", 32: "section_1_block_2_bn"},
    "dorefanet": {
        4: "section_0_block_0_bn",
        8: "section_1_block_0_bn",
        16: "section_2_block_1_bn",
        32: "section_2_block_1_pool",
    },
    "birealnet": RESIDUAL,
    "birealnet34": RESIDUAL,
    # Two paths lead through it: only where they begin and end does all pass through one tensor.
    "birealnet50": {2: "stem_bn", 32: "section_3_block_0_expand_add"},
    "binary_resnet_e18": RESIDUAL | {2: "stem_relu", 32: "features_relu"},
    "binary_resnet_e34": RESIDUAL | {2: "stem_relu", 32: "features_relu"},
    "binary_densenet28": DENSE,
    "binary_densenet37": DENSE,
    "binary_densenet37_dilated": {2: "stem_relu", 4: "section_0_block_0_concat", 8: "features_relu"},
    "binary_densenet45": DENSE,
    **dict.fromkeys([name for name in NARROW if name.startswith("meliusnet")], MELIUSNET),
    "group_net18": GROUP_NET,
    "group_net34": GROUP_NET,
    "group_net18_segmentation": {4: "stem_bn", 8: "section_3_block_0_sum"},
    "reactnet18": REACT,
    "reactnet_a": REACT_A,
    "strong_baseline_net": RESIDUAL | {2: "stem_prelu"},
    "real_to_binary_net": RESIDUAL | {2: "stem_prelu"},
    "quicknet_small": RESIDUAL | {2: "stem_relu"},
    "quicknet": RESIDUAL | {2: "stem_relu"},
    "quicknet_large": RESIDUAL | {2: "stem_relu"},
    **dict.fromkeys([name for name in NARROW if name.startswith("bnext")], BNEXT),
    "ab_reactnet18": {stride: layer for stride, layer in REACT.items() if stride > 2},
    "ab_reactnet34": {stride: layer for stride, layer in REACT.items() if stride > 2},
    "ab_reactnet_a": REACT_A,
}


def network(name: str, num_classes: int | None = 4, size: int | None = 224) -> Any:
    size = 32 if name == "binarynet" else size
    return build_model(find_architecture(name), input_shape=(size, size, 3), num_classes=num_classes, arguments=NARROW[name])


def outputs(model: Any, images: np.ndarray) -> list[np.ndarray]:
    found = model.predict(images, verbose=0)
    return found if isinstance(found, list) else [found]


@pytest.mark.usefixtures("zeros_at_first")
@pytest.mark.parametrize("name", DISTINCT)
def test_every_network_has_its_maps_and_the_coarsest_is_what_it_gives_without_top(name: str) -> None:
    model = network(name)
    found = bnn_zoo.features(model)
    assert found.output_names == list(EXPECTED[name].values())
    size = model.input_shape[1]
    for (stride, layer), shape in zip(EXPECTED[name].items(), found.output_shape, strict=True):
        # "valid" convolutions and pools of the AlexNets take a little more off.
        assert abs(shape[1] - size / stride) <= 2, (layer, shape)
        assert shape[1] == shape[2] and len(shape) == 4
    if name != "xnornet":
        without = network(name, num_classes=None)
        assert found.output_names[-1] == without.layers[-1].name
        assert bnn_zoo.features(without).output_names == found.output_names


@pytest.mark.parametrize("name", ["birealnet", "binary_densenet28", "meliusnet22", "quicknet"])
def test_maps_are_real_valued(name: str) -> None:
    model = randomize(network(name, size=64))
    for values in outputs(bnn_zoo.features(model), noise(64, 64, batch=1)):
        assert len(np.unique(values)) > 20


def test_levels_are_given_in_the_order_that_was_asked_for() -> None:
    model = network("birealnet", size=64)
    found = bnn_zoo.features(model, levels=[32, "section_1", "stem_conv", 4])
    assert found.output_names == ["section_3_block_0_add", "section_1_block_1_add", "stem_conv", "section_0_block_0_add"]
    assert bnn_zoo.features(model, levels=[8]).output_shape == (None, 8, 8, 16)


def test_the_size_of_the_pictures_may_be_free() -> None:
    model = network("quicknet", num_classes=None, size=None)
    found = bnn_zoo.features(model, levels=[4, 8, 16, 32])
    assert [values.shape[1:3] for values in outputs(found, noise(96, 64, batch=1))] == [(24, 16), (12, 8), (6, 4), (3, 2)]


def test_a_small_pictures_stem_keeps_the_size() -> None:
    model = network("birealnet", size=32)
    assert bnn_zoo.features(model).output_names == list(RESIDUAL.values())[1:]
    with pytest.raises(ValueError, match='stride 32.*strides 1, 2, 4, 8;.*stem="imagenet"'):
        bnn_zoo.features(model, levels=[8, 32])


def test_a_network_of_ones_own() -> None:
    images = keras.Input((32, 32, 3))
    x = blocks.residual_stem(images, 8)
    for filters in (8, 16, 32):
        x = blocks.conv_with_shortcut(blocks.conv_with_shortcut(x, filters))
    model = keras.Model(images, blocks.head(x, 3))
    assert [shape[1] for shape in bnn_zoo.features(model).output_shape] == [32, 16, 8]
    assert bnn_zoo.features(model).output[-1] is x


def test_training_on_the_maps_trains_the_network() -> None:
    model = randomize(network("birealnet", size=64))
    maps = bnn_zoo.features(model, levels=[8, 16])
    detector = keras.Model(maps.input, [keras.layers.Conv2D(2, 1)(level) for level in maps.output])
    before = model.get_layer("section_1_block_0_conv").get_weights()[0]
    detector.compile(keras.optimizers.SGD(0.1), "mse")
    detector.fit(noise(64, 64, batch=2), [np.zeros((2, 8, 8, 2)), np.zeros((2, 4, 4, 2))], verbose=0)
    assert not np.array_equal(before, model.get_layer("section_1_block_0_conv").get_weights()[0])


def test_pictures_are_prepared_as_for_the_network() -> None:
    model = bnn_zoo.BiRealNet(pretrained="cifar10")
    pictures = np.zeros((1, 40, 40, 3), "uint8")
    np.testing.assert_array_equal(bnn_zoo.preprocess(pictures, bnn_zoo.features(model)), bnn_zoo.preprocess(pictures, model))


@pytest.mark.parametrize(
    ("levels", "error", "words"),
    [
        ([], TypeError, "levels is \\[\\].*list of strides"),
        (8, TypeError, "levels is 8"),
        ("section_1", TypeError, "list of strides or layer names"),
        ([True], TypeError, "levels has True"),
        ([4.0], TypeError, "levels has 4.0"),
        ([64], ValueError, "stride 64.*strides 2, 4, 8, 16, 32"),
        (["section_9"], ValueError, "section_9.*model.summary"),
        (["head"], ValueError, "ends in \\(None, 4\\)"),
    ],
)
def test_no_such_level(levels: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        bnn_zoo.features(network("birealnet", size=64), levels=levels)


@pytest.mark.usefixtures("zeros_at_first")
@pytest.mark.parametrize("name", ["group_net18", "birealnet50"])
def test_where_paths_lead_side_by_side_the_blocks_name_is_asked_for(name: str) -> None:
    model = network(name, size=64)
    with pytest.raises(ValueError, match='stride 8, but .* several paths lead side by side there: .*"section_1"'):
        bnn_zoo.features(model, levels=[8])
    assert bnn_zoo.features(model, levels=["section_1"]).output_shape[1:3] == (8, 8)


def test_numpys_whole_numbers_are_strides() -> None:
    model = network("birealnet", size=64)
    found = bnn_zoo.features(model, levels=list(np.array([8, 16])))
    assert found.output_names == bnn_zoo.features(model, levels=[8, 16]).output_names


def test_what_has_no_maps() -> None:
    body = network("birealnet", num_classes=None, size=64)
    with pytest.raises(ValueError, match="get_layer"):
        bnn_zoo.features(keras.Sequential([body, keras.layers.GlobalAveragePooling2D()]))
    with pytest.raises(
        TypeError, match=r"model is 'birealnet'; reading its layers needs a functional.*create_model\('birealnet'\) first"
    ):
        bnn_zoo.features("birealnet")  # type: ignore[arg-type]
