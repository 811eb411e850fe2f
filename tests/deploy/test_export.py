"""Exported files: their size, and that other programs read them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import numpy as np
import pytest
from deploy_models import narrow_model, random_norms
from fresh_process import run_python
from narrow import noise

import bnn_zoo
from bnn_zoo import deploy
from bnn_zoo._keras import keras, tf
from bnn_zoo.deploy.export import _move

READER = """
import sys
import numpy as np
import openvino as ov

core = ov.Core()
model = core.read_model(sys.argv[1])
images = np.load(sys.argv[2])
model.reshape(images.shape)
network = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
np.save(sys.argv[3], network(images)[0])
assert not {"tensorflow", "larq", "bnn_zoo"} & set(sys.modules)
"""


def test_a_process_without_tensorflow_predicts_the_same(tmp_path: Path) -> None:
    openvino = pytest.importorskip("openvino")
    model = narrow_model("quicknet")
    deploy.export(model, tmp_path / "quicknet.xml")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["quicknet.bin", "quicknet.xml"]
    python = _bare_environment(tmp_path / "bare", f"openvino=={openvino.__version__.split('-')[0]}")
    (tmp_path / "reader.py").write_text(READER)
    np.save(tmp_path / "images.npy", noise())
    subprocess.run([python, "reader.py", "quicknet.xml", "images.npy", "predictions.npy"], cwd=tmp_path, check=True)
    assert np.abs(np.load(tmp_path / "predictions.npy") - model.predict(noise(), verbose=0)).max() < 1e-4


def _bare_environment(folder: Path, package: str) -> Path:
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    installed = subprocess.run([python, "-m", "pip", "install", "-q", package], capture_output=True, text=True)
    if installed.returncode:
        pytest.skip(f"{package} cannot be installed: {installed.stderr.strip().splitlines()[-1]}")
    for name in ("tensorflow", "larq", "tf_keras"):
        assert subprocess.run([python, "-c", f"import {name}"], capture_output=True).returncode
    return python


@pytest.mark.parametrize("name", ["birealnet", "binarynet", "quicknet"])
def test_weights_take_one_bit(name: str, tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    path = deploy.export(random_norms(bnn_zoo.create_model(name)), tmp_path / "network.xml")
    assert path.with_suffix(".bin").stat().st_size <= 1.1 * bnn_zoo.model_info(name).figures.size_mib * 2**20


@pytest.mark.parametrize("name", ["quicknet", "ab_reactnet18"])
@pytest.mark.filterwarnings("ignore:Larq Compute Engine computes")
def test_tflite_weights_take_one_bit(name: str, tmp_path: Path) -> None:
    pytest.importorskip("larq_compute_engine")
    path = deploy.export(random_norms(bnn_zoo.create_model(name)), tmp_path / "network.tflite")
    assert path.stat().st_size <= 1.1 * bnn_zoo.model_info(name).figures.size_mib * 2**20


def test_a_saved_model_can_be_replaced(tmp_path: Path) -> None:
    for seed in (0, 1):
        model = random_norms(narrow_model("quicknet"), seed)
        deploy.export(model, tmp_path / "saved")
    served = tf.saved_model.load(str(tmp_path / "saved")).signatures["serving_default"]
    (given,) = served(tf.constant(noise())).values()
    assert np.allclose(given, model.predict(noise(), verbose=0), atol=1e-5)
    assert [path.name for path in tmp_path.iterdir()] == ["saved"]


@pytest.mark.parametrize("name", ["network.onnx", "network.h5", "quicknet.cifar10"])
def test_other_endings_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"its ending must be \.tflite"):
        deploy.export(narrow_model("quicknet"), tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["network.tflite", "network.xml", "network.bin"])
def test_a_folder_with_a_files_name_is_left_alone(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(IsADirectoryError, match=name):
        deploy.export(narrow_model("quicknet"), tmp_path / name.replace(".bin", ".xml"))
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, how: False)  # root may write everywhere
    with pytest.raises(PermissionError, match="denied") as caught:
        deploy.export(narrow_model("quicknet"), tmp_path / "network.xml")
    assert caught.value.filename == str(tmp_path) and not list(tmp_path.iterdir())


def test_an_error_names_the_path_that_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device", str(source))

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space") as caught:
        deploy.export(narrow_model("quicknet"), tmp_path / "saved")
    assert caught.value.filename == str(tmp_path / "saved") and not list(tmp_path.iterdir())


def test_the_ending_is_checked_before_tensorflow_is_loaded(tmp_path: Path) -> None:
    code = (
        f"import sys; sys.argv = ['bnn-zoo', 'export', 'birealnet.cifar10', {str(tmp_path / 'out.onnx')!r}]\n"
        "from bnn_zoo.cli import main\ntry: main()\nfinally: print('tensorflow' in sys.modules)"
    )
    told = run_python(code)
    assert (told.returncode, told.stdout) == (1, "False\n") and "its ending must be .tflite" in told.stderr


def test_the_command_names_all_that_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("openvino")
    from bnn_zoo.cli.deploying import export

    export("birealnet.cifar10", tmp_path / "network.xml")
    assert capsys.readouterr().out.split() == [str(tmp_path / "network.xml"), str(tmp_path / "network.bin")]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["network.bin", "network.xml"]


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"")
    with pytest.raises(ValueError, match="is no SavedModel"):
        deploy.export(narrow_model("quicknet"), tmp_path / "photos")
    assert (tmp_path / "photos" / "cat.jpg").exists()


def test_a_failed_export_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    openvino = pytest.importorskip("openvino")
    path = deploy.export(narrow_model("quicknet"), tmp_path / "network.xml")
    before = path.read_bytes(), path.with_suffix(".bin").read_bytes()

    def full(*arguments: object, **named: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(openvino, "save_model", full)
    with pytest.raises(OSError, match="No space"):
        deploy.export(narrow_model("birealnet"), path)
    assert before == (path.read_bytes(), path.with_suffix(".bin").read_bytes())
    assert len(list(tmp_path.iterdir())) == 2


FULL_DISK = """
import resource, sys
import bnn_zoo
from bnn_zoo import deploy
from bnn_zoo.models import find_architecture
from bnn_zoo.models.build import build_model
from narrow import NARROW
model = build_model(find_architecture("quicknet"), num_classes=10, arguments=NARROW["quicknet"])
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try: deploy.export(model, sys.argv[1])
except OSError as error: print(error.filename, "|", error.strerror)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits on the size of files are a Unix thing")
@pytest.mark.parametrize("name", ["network.tflite", "network.xml", "saved"])
def test_a_full_disk_is_told(name: str, tmp_path: Path) -> None:
    for ending, package in ((".tflite", "larq_compute_engine"), (".xml", "openvino")):
        if name.endswith(ending):
            pytest.importorskip(package)
    done = run_python(FULL_DISK, str(tmp_path / name), PYTHONPATH=os.pathsep.join(sys.path))
    # Larq Compute Engine's converter begins with temporary files, which have no room here either.
    place = tempfile.gettempdir() if name.endswith(".tflite") else tmp_path / name
    told = "Input/output error: is the disk full?" if name.endswith(".xml") else "File too large"
    assert done.stdout.splitlines()[-1:] == [f"{place} | {told}"], done.stderr
    assert not list(tmp_path.iterdir())


def test_a_move_that_is_cut_leaves_nothing_that_can_be_read(tmp_path: Path) -> None:
    old, new = (tmp_path / "old", tmp_path / "new")
    for folder in (old, new):
        folder.mkdir()
        for ending in ("bin", "xml"):
            (folder / f"network.{ending}").write_text(folder.name)
    parts = [(new / f"network.{ending}", old / f"network.{ending}") for ending in ("bin", "xml")]
    seen = []

    def replace(source: Path, target: Path) -> None:
        os.rename(source, target)
        seen.append({path.suffix: path.read_text() for path in old.iterdir()})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", replace)
        _move(parts)
    assert all(".xml" not in state for state in seen[:-1]) and seen[-1] == {".bin": "new", ".xml": "new"}


@pytest.mark.parametrize("name", ["network.xml", "network.bin", "saved"])
def test_what_cannot_be_moved_leaves_the_old_network(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / ("saved" if name == "saved" else "network.xml")
    if name != "saved":
        pytest.importorskip("openvino")
    deploy.export(narrow_model("quicknet"), path)

    def contents() -> dict[Path, bytes]:
        return {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}

    before, replace, failures = contents(), os.replace, [OSError("the disk went away")]

    def fail_once(source: Path, target: Path) -> None:
        if Path(target) == tmp_path / name and failures:
            raise failures.pop()
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail_once)
    with pytest.raises(OSError, match="went away"):
        deploy.export(narrow_model("birealnet"), path)
    assert contents() == before


def test_what_cannot_be_put_back_is_kept_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, replace = deploy.export(narrow_model("quicknet"), tmp_path / "saved"), os.replace

    def fail(source: Path, target: Path) -> None:
        if Path(target) == path:
            raise OSError("the disk went away")
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match=r"the old one is now .*saved\.old"):
        deploy.export(narrow_model("birealnet"), path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["saved.old"]
    assert (tmp_path / "saved.old" / "saved_model.pb").is_file()


def test_an_ending_in_capitals_is_one(tmp_path: Path) -> None:
    openvino = pytest.importorskip("openvino")
    path = deploy.export(narrow_model("quicknet"), tmp_path / "NETWORK.XML")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["NETWORK.XML", "NETWORK.bin"]
    assert openvino.Core().read_model(str(path)).outputs


def test_several_outputs_fit_a_saved_model_only(tmp_path: Path) -> None:
    pytest.importorskip("larq_compute_engine")
    images = keras.Input((4, 4, 3))
    model = keras.Model(images, [keras.layers.ReLU()(images), keras.layers.Flatten()(images)])
    with pytest.raises(ValueError, match="one output"):
        deploy.export(model, tmp_path / "network.tflite")
    assert deploy.export(model, tmp_path / "saved").is_dir()


@pytest.mark.parametrize("name", ["network.xml", "network.tflite", "saved"])
def test_a_name_is_told_to_be_built_first(name: str, tmp_path: Path) -> None:
    if (package := {".xml": "openvino", ".tflite": "larq_compute_engine"}.get(Path(name).suffix)) is not None:
        pytest.importorskip(package)
    with pytest.raises(TypeError, match=r"create_model\('birealnet.cifar10'\) first"):
        deploy.export("birealnet.cifar10", tmp_path / name)
    with pytest.raises(TypeError, match=r"create_model\('birealnet.cifar10'\) first"):
        deploy.compile("birealnet.cifar10", "keras")
    assert not list(tmp_path.iterdir())


def test_the_folder_of_a_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="new is not there; make it first"):
        deploy.export(narrow_model("quicknet"), tmp_path / "new" / "network.xml")
    assert not list(tmp_path.iterdir())
