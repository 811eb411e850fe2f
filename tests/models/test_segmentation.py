"""Group-Net for segmentation: the sizes and dilation rates that were asked for, pictures of any size, and that it learns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from narrow import NARROW, noise, randomize

import bnn_zoo
from bnn_zoo._keras import keras
from bnn_zoo.data import CIFAR10, MaskDataset
from bnn_zoo.training.loop import train
from bnn_zoo.training.pipeline import evaluation_batches
from bnn_zoo.training.recipe import Recipe

pytestmark = pytest.mark.usefixtures("clear_session")


def network(**arguments: Any) -> keras.Model:
    arguments = {**NARROW["group_net18_segmentation"], **arguments}
    if arguments.get("include_top", True):
        arguments.setdefault("num_classes", 3)
    return bnn_zoo.GroupNet18Segmentation(**arguments)


@pytest.mark.parametrize(("stride", "rates"), [(8, (range(2, 7), range(6, 11))), (16, (range(2, 7),))])
def test_binary_parallel_atrous_convolutions(stride: int, rates: tuple[range, ...]) -> None:
    """The authors' rates, one a base: 2 to 6, then 6 to 10."""
    model = network(bases=5, section_blocks=(1, 1, 1, 1), output_stride=stride, include_top=False, input_shape=(64, 96, 3))
    assert model.output_shape == (None, 64 // stride, 96 // stride, 64)
    for section in range(4):
        found = [
            model.get_layer(f"section_{section}_block_0_base{base}_{half}_conv").dilation_rate[0]
            for half in ("first", "second")
            for base in range(5)
        ]
        atrous = section - (4 - len(rates))
        assert found == [*rates[atrous]] * 2 if atrous >= 0 else [1] * 10


@pytest.mark.parametrize(
    ("section_blocks", "stride", "first_rates"),
    [
        ((1, 1), 8, (1, 1)),
        ((1, 1, 1), 8, (1, 1, 2)),
        ((1, 1, 1), 16, (1, 1, 1)),
        ((1, 1, 1, 1, 1), 8, (1, 1, 2, 3, 4)),
        ((1, 1, 1, 1, 1), 16, (1, 1, 1, 2, 3)),
        ((1, 0, 1, 1), 8, (1, 1, 2)),
        ((0, 1, 1), 8, (1, 2)),
    ],
)
def test_the_output_stride_is_kept_with_any_number_of_sections(
    section_blocks: tuple[int, ...], stride: int, first_rates: tuple[int, ...]
) -> None:
    model = network(section_blocks=section_blocks, output_stride=stride, include_top=False, input_shape=(64, 96, 3), filters=4)
    assert model.output_shape[1:3] == (64 // stride, 96 // stride)
    convs = [layer for layer in model.layers if layer.name.endswith("base0_first_conv")]
    assert tuple(conv.dilation_rate[0] for conv in convs) == first_rates


@pytest.mark.parametrize(("section_blocks", "stride"), [((2,), 8), ((2, 0), 8), ((1, 1), 16), ((), 8)])
def test_an_output_stride_out_of_reach_is_refused(section_blocks: tuple[int, ...], stride: int) -> None:
    with pytest.raises(ValueError, match=rf"output_stride is {stride}, but section_blocks=.* reduce the picture \d times only"):
        network(section_blocks=section_blocks, output_stride=stride)


@pytest.mark.parametrize("stride", [0, 4, 32, "8"])
def test_other_output_strides(stride: Any) -> None:
    with pytest.raises(ValueError, match=rf"output_stride is {stride!r}; it must be 8 or 16"):
        network(output_stride=stride)


def test_its_usual_size_and_classes() -> None:
    model = bnn_zoo.GroupNet18Segmentation(filters=8, section_blocks=(1, 1, 1, 1), bases=1)
    assert model.input_shape == (None, 480, 480, 3) and model.output_shape == (None, 480, 480, 21)


@pytest.mark.parametrize("size", [(64, 80), (53, 75)])
def test_pictures_of_any_size(size: tuple[int, int]) -> None:
    model = randomize(network(input_shape=(None, None, 3)))
    fixed = network(input_shape=(*size, 3))
    fixed.set_weights(model.get_weights())
    pictures = noise(*size, batch=2)
    found, expected = (m(pictures, training=False).numpy() for m in (model, fixed))
    assert found.shape == expected.shape == (2, *size, 3)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_free_size_on_openvino() -> None:
    pytest.importorskip("openvino")
    model = randomize(network(input_shape=(None, None, 3)))
    runtime = bnn_zoo.deploy.compile(model, threads=1)
    for size in ((64, 64), (53, 75)):
        difference = bnn_zoo.deploy.compare(model, runtime, noise(*size, batch=2))
        assert difference.top1_changes == 0 and difference.largest < 1e-4


def test_another_number_of_classes_keeps_all_but_the_last_convolution() -> None:
    old = randomize(network(input_shape=(32, 32, 3)))
    new = bnn_zoo.replace_head(old, 7)
    np.testing.assert_array_equal(old.get_layer("classifier_conv").kernel, new.get_layer("classifier_conv").kernel)
    assert new.get_layer("head_conv").filters == 7


def test_what_takes_classes_of_pictures_only_says_so() -> None:
    model = network(input_shape=(32, 32, 3))
    with pytest.raises(ValueError, match=r"gives \(None, 32, 32, 3\); scored are networks that give the classes of pictures"):
        bnn_zoo.evaluate(model, "anywhere", labels=["a", "b", "c"])
    with pytest.raises(ValueError, match="does it give the classes of pixels"):
        bnn_zoo.decode_predictions(model.predict(noise(), verbose=0), model, labels=["a", "b", "c"])


def striped_patches(count: int, seed: int, side: int = 32) -> MaskDataset:
    """Two patches in noise, at random places: one of lying stripes, one of standing ones. No pixel tells by itself which it is."""
    rng = np.random.default_rng(seed)
    images, masks = rng.normal(110, 15, (count, side, side, 3)), np.zeros((count, side, side), np.uint8)
    stripes = np.where(np.arange(side) // 2 % 2, 60, -60)
    for image, mask in zip(images, masks, strict=True):
        for kind, half in zip((1, 2), rng.permutation((0, side // 2)), strict=True):
            top, left, height, width = rng.integers((2, half + 1, 14, 10), (12, half + 4, 18, 12))
            patch = slice(top, top + height), slice(left, left + width)
            pattern = stripes[:, None, None] if kind == 1 else stripes[None, :, None]
            mask[patch] = kind
            image[patch] += np.broadcast_to(pattern, image.shape)[patch] * rng.uniform(0.6, 1, 3)
    return MaskDataset.of(np.clip(images, 0, 255).astype(np.uint8), masks, ("noise", "lying", "standing"))


def test_it_learns_to_segment(tmp_path: Path) -> None:
    """By the loop that trains all networks; more than 90 % mean IoU on pictures that it has not seen."""
    recipe = Recipe(
        "group_net18_segmentation.stripes", epochs=5, batch_size=16, learning_rate=1e-2, held_out=0, augmentation="crop_and_flip"
    )
    preprocessing = replace(CIFAR10, input_size=(32, 32))

    def build() -> keras.Model:
        return network(input_shape=(32, 32, 3), bases=2, section_blocks=(1, 1, 1, 1))

    model = train(build, recipe, striped_patches(256, seed=0), preprocessing, tmp_path)
    overlap = keras.metrics.MeanIoU(3, sparse_y_pred=False)
    for pictures, classes, weights in evaluation_batches(striped_patches(100, seed=1), preprocessing, 50):
        overlap.update_state(classes, model(pictures, training=False), weights)
    assert overlap.result() > 0.9
    assert "mean_iou" in (tmp_path / "log.csv").read_text().splitlines()[0]
