"""Pictures with masks: cut alike, from memory and from TensorFlow Datasets; PASCAL VOC's archive as its builder reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bnn_zoo._keras import tf
from bnn_zoo.data import MaskDataset, open_masks, split_off
from bnn_zoo.data.images import ImageError
from bnn_zoo.data.mask_dataset import VOID
from bnn_zoo.data.preprocessing_settings import Preprocessing
from bnn_zoo.training.pipeline import evaluation_batches, training_batches
from bnn_zoo.training.recipe import Recipe

tf.constant(0)  # Keras 2 is settled before TensorFlow Datasets loads TensorFlow

NAMES = ("background", "cat", "dog")
PLAIN = Preprocessing((16, 16), crop=1.0, interpolation="bilinear_antialias", mean=(0, 0, 0), std=(1, 1, 1))


def pictures(count: int = 20, height: int = 16, width: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """Masks of random classes, void among them, and pictures whose red says the class of a pixel: 0, 50, 100, or 200 for void."""
    masks = np.random.default_rng(0).choice([0, 1, 2, VOID], (count, height, width)).astype(np.uint8)
    images = np.zeros((count, height, width, 3), np.uint8)
    images[..., 0] = np.where(masks == VOID, 200, 50 * masks)
    return images, masks


def check_batch(images: np.ndarray, classes: np.ndarray, weights: np.ndarray) -> None:
    red = np.rint(255 * images[..., 0])
    np.testing.assert_array_equal(np.where(weights > 0, 50 * classes, 200)[red > 0], red[red > 0])
    assert classes.min() >= 0 and classes.max() <= 2
    assert set(np.unique(weights)) <= {0.0, 1.0}


@pytest.mark.parametrize("augmentation", ["none", "crop_and_flip"])
def test_what_moves_the_picture_moves_the_mask(augmentation: Any) -> None:
    dataset = MaskDataset.of(*pictures(), NAMES)
    batches = training_batches(dataset, Recipe("a.b", batch_size=5, augmentation=augmentation), PLAIN).take(8)
    for images, classes, weights in batches.as_numpy_iterator():
        assert images.shape == (5, 16, 16, 3) and classes.shape == weights.shape == (5, 16, 16)
        check_batch(images, classes, weights)
        if augmentation == "none":
            np.testing.assert_array_equal(weights == 0, np.rint(255 * images[..., 0]) == 200)


def test_what_a_shift_brings_in_has_no_class() -> None:
    images, masks = np.full((4, 16, 16, 3), 255, np.uint8), np.ones((4, 16, 16), np.uint8)
    recipe = Recipe("a.b", batch_size=4, augmentation="crop_and_flip")
    batch = next(iter(training_batches(MaskDataset.of(images, masks, NAMES), recipe, PLAIN)))
    shown, _, weights = (part.numpy() for part in batch)
    np.testing.assert_array_equal(weights, shown[..., 0])
    assert 0 < weights.mean() < 1


def test_parts_of_random_size_are_cut_alike() -> None:
    """Halves of two classes: where picture and mask are cut alike, their borders lie in one place."""
    masks = np.zeros((8, 40, 60), np.uint8)
    masks[:, :, 30:] = 2
    images = np.repeat(np.where(masks == 2, 255, 0).astype(np.uint8)[..., None], 3, axis=-1)
    recipe = Recipe("a.b", batch_size=8, augmentation="random_resized_crop")
    batches = training_batches(MaskDataset.of(images, masks, NAMES), recipe, PLAIN)
    for shown, classes, weights in batches.take(4).as_numpy_iterator():
        assert weights.all()
        np.testing.assert_array_equal(classes[shown[..., 0] > 0.9], 2)
        np.testing.assert_array_equal(classes[shown[..., 0] < 0.1], 0)
        assert len({float(part.mean()) for part in classes}) > 2


def test_pictures_of_several_sizes_are_scored_in_order() -> None:
    found = [pictures(1, *size) for size in ((16, 16), (20, 16), (16, 31))]
    dataset = MaskDataset("here", NAMES, lambda number: (found[number][0][0], found[number][1][0]), np.arange(3))
    (images, classes, weights), (last, _, _) = evaluation_batches(dataset, PLAIN, batch_size=2).as_numpy_iterator()
    assert images.shape == (2, 16, 16, 3) and len(last) == 1
    np.testing.assert_array_equal(np.where(weights > 0, classes, VOID)[0], found[0][1][0])
    np.testing.assert_array_equal(np.where(weights > 0, classes, VOID)[1], found[1][1][0, 2:18])


def test_some_are_held_out() -> None:
    dataset = MaskDataset.of(*pictures(), NAMES)
    rest, held_out = split_off(dataset, 5, seed=1)
    assert len(rest) == 15 and len(held_out) == 5 and not set(rest.chosen) & set(held_out.chosen)


def test_what_does_not_fit_is_refused() -> None:
    images, masks = pictures()
    with pytest.raises(ValueError, match=r"masks has dtype uint8 and shape \(20, 8, 16\)"):
        MaskDataset.of(images, masks[:, :8], NAMES)
    with pytest.raises(ValueError, match="images has dtype float64"):
        MaskDataset.of(images / 255, masks, NAMES)
    with pytest.raises(ValueError, match="picture 0 has the class 2, but there are 2 class names"):
        MaskDataset.of(images, masks, NAMES[:2]).read(0)
    with pytest.raises(ValueError, match=r"picture 0 is \(16, 16\) and its mask \(8, 16\)"):
        MaskDataset("here", NAMES, lambda _: (images[0], masks[0, :8]), np.arange(1)).read(0)
    with pytest.raises(ValueError, match="label_smoothing is 0.1"):
        training_batches(MaskDataset.of(images, masks, NAMES), Recipe("a.b", batch_size=5, label_smoothing=0.1), PLAIN)
    with pytest.raises(ValueError, match="cutout is 0.5"):
        training_batches(MaskDataset.of(images, masks, NAMES), Recipe("a.b", batch_size=5, cutout=0.5), PLAIN)


# TensorFlow Datasets


def voc_archive(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """PASCAL VOC's folders, with three pictures and masks with a palette."""
    images, masks = pictures(3, 24, 18)
    masks[masks == 2] = 20  # the last class
    inside = folder / "VOCdevkit" / "VOC2012"
    for name in ("JPEGImages", "SegmentationClass", "ImageSets/Segmentation"):
        (inside / name).mkdir(parents=True)
    (inside / "ImageSets/Segmentation/train.txt").write_text("2007_000032\n2007_000039\n")
    (inside / "ImageSets/Segmentation/val.txt").write_text("2007_000033\n")
    for name, image, mask in zip(("2007_000032", "2007_000039", "2007_000033"), images, masks, strict=True):
        Image.fromarray(image).save(inside / "JPEGImages" / f"{name}.jpg", quality=95)
        coloured = Image.fromarray(mask)
        coloured.putpalette(np.random.default_rng(1).permutation(768).astype(np.uint8).tolist())
        coloured.save(inside / "SegmentationClass" / f"{name}.png")
    return images, masks


@pytest.fixture(scope="module", params=["tfrecord", "array_record"])
def voc(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    """A prepared data set, and the masks that went into it."""
    tfds = pytest.importorskip("tensorflow_datasets")
    from bnn_zoo.data.voc_segmentation import VocSegmentation

    archive, prepared = tmp_path_factory.mktemp("archive"), tmp_path_factory.mktemp(request.param)
    _, masks = voc_archive(archive)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tfds.download.DownloadManager, "download_and_extract", lambda self, url: archive)
        VocSegmentation(data_dir=prepared, file_format=request.param).download_and_prepare()
    return prepared, masks


@pytest.fixture
def tfds_here(voc: tuple[Path, np.ndarray], monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    import tensorflow_datasets as tfds

    builder = tfds.builder
    monkeypatch.setattr(tfds, "builder", lambda name: builder(name, data_dir=voc[0]))
    return voc[1]


def test_pascal_voc(tfds_here: np.ndarray) -> None:
    train, validation = (open_masks("tfds:voc_segmentation", split) for split in ("train", "validation"))
    assert len(train) == 2 and len(validation) == 1
    assert len(train.class_names) == 21 and train.class_names[0] == "background" and train.class_names[20] == "tvmonitor"
    picture, mask = validation.read(0)
    assert picture.shape == (24, 18, 3)
    np.testing.assert_array_equal(mask, tfds_here[2])
    found = {train.read(index)[1].tobytes() for index in range(2)}
    assert found == {tfds_here[0].tobytes(), tfds_here[1].tobytes()}
    assert len(open_masks("tfds:voc_segmentation", "train[:1]")) == 1


def test_what_has_no_masks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tfds = pytest.importorskip("tensorflow_datasets")

    class OnlyPictures(tfds.core.GeneratorBasedBuilder):  # type: ignore[misc]
        """One picture."""

        VERSION = tfds.core.Version("1.0.0")

        def _info(self) -> Any:
            return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict({"image": tfds.features.Image()}))

        def _split_generators(self, dl_manager: Any) -> Any:
            return {"train": self._generate_examples()}

        def _generate_examples(self) -> Any:
            yield 0, {"image": np.zeros((4, 4, 3), np.uint8)}

    OnlyPictures(data_dir=tmp_path).download_and_prepare()
    builder = tfds.builder
    monkeypatch.setattr(tfds, "builder", lambda name: builder(name, data_dir=tmp_path))
    with pytest.raises(ValueError, match="has the features image: needed are one of pictures and one of masks"):
        open_masks("tfds:only_pictures")


def test_other_sources() -> None:
    with pytest.raises(ValueError, match="masks are read from TensorFlow Datasets, as in tfds:voc_segmentation"):
        open_masks("folder")


def test_a_picture_that_cannot_be_read_is_named(tfds_here: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bnn_zoo.data.tfds_masks.reader", lambda *_, **__: lambda number: [b"no picture", b""])
    with pytest.raises(ImageError, match="tfds:voc_segmentation train, picture 0"):
        open_masks("tfds:voc_segmentation", "train").read(0)
