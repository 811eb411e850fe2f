"""Keras .h5 files: those that Keras writes, those as larq-zoo publishes them, and those that reach for other files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from narrow import NARROW, filled
from small_network import ARGUMENTS, outputs, small_network, snapshot

import bnn_zoo
from bnn_zoo._keras import keras
from bnn_zoo.hub import WeightFileError, WeightMismatchError, load_pretrained
from bnn_zoo.hub.formats import keras_h5


def load(path: Path, name: str = "birealnet", num_classes: int | None = 10, **arguments: Any) -> keras.Model:
    options: dict[str, Any] = {"arguments": ARGUMENTS if name == "birealnet" else arguments}
    return load_pretrained(
        path,
        architecture=name,
        input_shape=(32, 32, 3),
        num_classes=num_classes,
        include_top=num_classes is not None,
        **options,
    )


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize(
    ("name", "arguments"),
    [("birealnet", {}), ("quicknet_small", {}), ("binarynet", {})],
)
def test_what_keras_saves(tmp_path: Path, name: str, arguments: dict[str, Any]) -> None:
    model = small_network(name=name, **arguments)
    model.save_weights(tmp_path / "network.h5")
    model.save(tmp_path / "whole.h5")
    for file in ("network.h5", "whole.h5"):
        np.testing.assert_array_equal(outputs(load(tmp_path / file, name, **arguments)), outputs(model))


def test_the_layout_that_keras_writes_by_another_ending(network: keras.Model, tmp_path: Path) -> None:
    network.save_weights(tmp_path / "network.weights.h5")
    with pytest.raises(WeightFileError, match=r'save it with model\.save_weights\("NAME\.h5"\)'):
        load(tmp_path / "network.weights.h5")


def test_a_layer_may_be_called_as_that_layout_calls_its_layers(tmp_path: Path) -> None:
    model = keras.Sequential([keras.layers.Dense(2, input_shape=(3,), name="layers")])
    model.save_weights(tmp_path / "network.h5")
    ((name, tensors),) = keras_h5.read(tmp_path / "network.h5")
    assert name == "layers"
    np.testing.assert_array_equal(tensors[0][1], model.get_weights()[0])


def test_nan_is_refused_by_name(tmp_path: Path) -> None:
    model = small_network()
    model.get_layer("head_dense").bias.assign([0.0] * 9 + [np.nan])
    model.save_weights(tmp_path / "network.h5")
    with pytest.raises(WeightFileError, match="the tensor '.*head_dense/bias:0' holds NaN"):
        load(tmp_path / "network.h5")


def write_as_published(model: keras.Model, path: Path, split: bool = False, prefix: str = "foreign_") -> None:
    """Layers in order under names of their own, as another program wrote them; long lists of names split as Keras does it."""
    layers = [layer for layer in model.layers if layer.weights]
    with h5py.File(path, "w") as file:
        names = [f"{prefix}{number}".encode() for number in range(len(layers))]
        if split:
            file.attrs["layer_names0"], file.attrs["layer_names1"] = names[:3], names[3:]
        else:
            file.attrs["layer_names"] = [b"input_1", *names]
            file.create_group("input_1").attrs["weight_names"] = np.zeros(0)
        file.attrs["backend"] = b"tensorflow"
        for name, layer in zip(names, layers, strict=True):
            group = file.create_group(name)
            weights = [f"{name.decode()}/part_{number}:0" for number in range(len(layer.weights))]
            group.attrs["weight_names"] = [weight.encode() for weight in weights]
            for weight, value in zip(weights, layer.get_weights(), strict=True):
                group.create_dataset(weight, data=value)


@pytest.mark.parametrize("split", [False, True])
def test_published_files(network: keras.Model, tmp_path: Path, split: bool) -> None:
    write_as_published(network, tmp_path / "a.h5", split)
    np.testing.assert_array_equal(outputs(load(tmp_path / "a.h5")), outputs(network))


def test_files_without_top(tmp_path: Path) -> None:
    features = small_network(num_classes=None)
    write_as_published(features, tmp_path / "notop.h5")
    np.testing.assert_array_equal(outputs(load(tmp_path / "notop.h5", num_classes=None)), outputs(features))
    model = small_network(seed=1)
    before = snapshot(model)
    with pytest.raises(WeightMismatchError, match=r"holds 8 layers with weights, birealnet has 9\."):
        keras_h5.load(model, tmp_path / "notop.h5", ())
    assert snapshot(model) == before
    keras_h5.load(model, tmp_path / "notop.h5", {"head_dense"})
    assert snapshot(model)[:-2] == snapshot(features)
    assert snapshot(model)[-2:] == before[-2:]


def test_another_number_of_classes(network: keras.Model, tmp_path: Path) -> None:
    write_as_published(network, tmp_path / "a.h5")
    with pytest.raises(WeightMismatchError, match=r"is \(16, 10\) in the file but \(16, 4\)"):
        load(tmp_path / "a.h5", num_classes=4)
    model = small_network(seed=1, num_classes=4)
    before = snapshot(model)
    keras_h5.load(model, tmp_path / "a.h5", {"head_dense"})
    assert snapshot(model)[:-2] == snapshot(network)[:-2]
    assert snapshot(model)[-2:] == before[-2:]


# Files that reach for other files, or claim what they do not hold


def soft(file: h5py.File, weight: str, value: np.ndarray, folder: Path) -> None:
    file["elsewhere"] = value
    file[weight] = h5py.SoftLink("/elsewhere")


def external(file: h5py.File, weight: str, value: np.ndarray, folder: Path) -> None:
    with h5py.File(folder / "secret.h5", "w") as secret:
        secret["value"] = value
    file[weight] = h5py.ExternalLink(str(folder / "secret.h5"), "/value")


def external_storage(file: h5py.File, weight: str, value: np.ndarray, folder: Path) -> None:
    (folder / "secret.bin").write_bytes(value.tobytes())
    file.create_dataset(weight, shape=value.shape, dtype=value.dtype, external=[(str(folder / "secret.bin"), 0, value.nbytes)])


def virtual(file: h5py.File, weight: str, value: np.ndarray, folder: Path) -> None:
    with h5py.File(folder / "secret.h5", "w") as secret:
        secret["value"] = value
    layout = h5py.VirtualLayout(shape=value.shape, dtype=value.dtype)
    layout[:] = h5py.VirtualSource(folder / "secret.h5", "value", shape=value.shape)
    file.create_virtual_dataset(weight, layout)


def enormous(file: h5py.File, weight: str, value: np.ndarray, folder: Path) -> None:
    file.create_dataset(weight, shape=(2**20, 2**20), dtype="f4", chunks=(1024, 1024))


def bomb(file: h5py.File, weight: str, value: np.ndarray, folder: Path) -> None:
    file.create_dataset(weight, data=np.zeros(2**24, np.float32), compression="gzip", chunks=(2**20,))


def strings(file: h5py.File, weight: str, value: np.ndarray, folder: Path) -> None:
    file[weight] = ["a", "b"]


def group(file: h5py.File, weight: str, value: np.ndarray, folder: Path) -> None:
    file.create_group(weight)


def nothing(file: h5py.File, weight: str, value: np.ndarray, folder: Path) -> None:
    file.create_dataset(weight, data=h5py.Empty("f4"))


def missing(file: h5py.File, weight: str, value: np.ndarray, folder: Path) -> None:
    pass


TRICKS = [soft, external, external_storage, virtual, enormous, bomb, strings, group, nothing, missing]


@pytest.mark.parametrize("trick", TRICKS)
def test_tricks_are_refused(network: keras.Model, tmp_path: Path, trick: Callable[..., None]) -> None:
    write_as_published(network, tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        weight = "foreign_2/foreign_2/part_0:0"
        value = file[weight][()]
        del file[weight]
        trick(file, weight, value, tmp_path)
    model = small_network(seed=1)
    before = snapshot(model)
    with pytest.raises(WeightFileError, match=r"a\.h5: not a readable Keras \.h5 weight file"):
        keras_h5.load(model, tmp_path / "a.h5", ())
    assert snapshot(model) == before


def test_a_group_behind_a_link_is_refused(network: keras.Model, tmp_path: Path) -> None:
    write_as_published(network, tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        file.move("foreign_2", "moved")
        file["foreign_2"] = h5py.SoftLink("/moved")
    with pytest.raises(WeightFileError, match="a link that leads elsewhere"):
        keras_h5.load(network, tmp_path / "a.h5", ())


def test_one_array_named_many_times_is_refused(network: keras.Model, tmp_path: Path) -> None:
    write_as_published(network, tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        names = list(file["foreign_2"].attrs["weight_names"])
        file["foreign_2"].attrs["weight_names"] = names[:1] * 400
    with pytest.raises(WeightFileError, match="more than the file could hold"):
        keras_h5.load(network, tmp_path / "a.h5", ())


def test_integers_do_not_fit(network: keras.Model, tmp_path: Path) -> None:
    write_as_published(network, tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        weight = "foreign_2/foreign_2/part_0:0"
        value = file[weight][()]
        del file[weight]
        file[weight] = value.astype(np.int32)
    model = small_network(seed=1)
    before = snapshot(model)
    with pytest.raises(WeightMismatchError, match=r"int32 in the file but float32"):
        keras_h5.load(model, tmp_path / "a.h5", ())
    assert snapshot(model) == before


@pytest.mark.parametrize("content", [b"", b"not an h5 file", b"\x89HDF\r\n\x1a\n" + bytes(100)])
def test_what_is_no_h5_file(network: keras.Model, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.h5").write_bytes(content)
    with pytest.raises(WeightFileError, match="not a readable"):
        keras_h5.load(network, tmp_path / "a.h5", ())


def test_a_file_without_names(network: keras.Model, tmp_path: Path) -> None:
    h5py.File(tmp_path / "a.h5", "w").close()
    with pytest.raises(WeightFileError, match="no attribute layer_names"):
        keras_h5.load(network, tmp_path / "a.h5", ())


def test_a_network_from_a_file_that_keras_wrote(tmp_path: Path) -> None:
    model = filled("quicknet")
    model.save_weights(tmp_path / "mine.h5")
    loaded = bnn_zoo.create_model(
        "quicknet", pretrained=tmp_path / "mine.h5", input_shape=(32, 32, 3), num_classes=10, **NARROW["quicknet"]
    )
    assert np.array_equal(outputs(loaded), outputs(model))
    with pytest.raises(WeightMismatchError, match=r"is \(3, 3, 3, 2\) in the file but \(3, 3, 3, 4\) in quicknet \(stem_conv\)"):
        bnn_zoo.QuickNet(
            pretrained=tmp_path / "mine.h5",
            input_shape=(32, 32, 3),
            num_classes=10,
            section_blocks=(1, 2, 1, 1),
            section_filters=(16, 32, 48, 64),
        )
    (tmp_path / "cut.h5").write_bytes((tmp_path / "mine.h5").read_bytes()[:-5000])
    with pytest.raises(WeightFileError, match=r"cut\.h5: not a readable Keras \.h5 weight file"):
        bnn_zoo.create_model(
            "quicknet", pretrained=tmp_path / "cut.h5", input_shape=(32, 32, 3), num_classes=10, **NARROW["quicknet"]
        )
