"""A network as a file that other programs run."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bnn_zoo._keras import keras
from bnn_zoo._layer_graph import check_functional
from bnn_zoo._places import check_file_place
from bnn_zoo._user_path import user_path
from bnn_zoo._whole_file import folder_beside
from bnn_zoo.deploy.backends import check_backend, load_backend


def export(model: Any, path: str | os.PathLike[str]) -> Path:
    """Writes a network for another program; by the path's ending.

    Args:
        model: a functional or sequential keras.Model.
        path: `.tflite` for Larq Compute Engine; `.xml` for OpenVINO, with the weights in a `.bin` beside it; without an ending the
            folder of a TensorFlow SavedModel. What is there is replaced when all is written. The folder that it lies in must be
            there.

    Returns:
        The path.

    Raises:
        TypeError: for another kind of model.
        ValueError: for another ending, or a model of several inputs or outputs where the format takes one of each.
        MissingBackendError: if the format's package is not installed.
        UnsupportedLayerError: if a layer cannot be expressed in the format.
        OSError: if the path cannot be written, because its folder is not there or the disk is full; what was there is then as it
            was.
    """
    target = check_target(path)
    with folder_beside(target) as folder:
        _WRITERS[target.suffix.lower()](model, target, folder)
    return target


def check_target(path: str | os.PathLike[str]) -> Path:
    """Whether `export` can write there, as far as it shows without a network, which may take long to build.

    Returns:
        The path.

    Raises:
        ValueError: for another ending than those of `export`, or a folder that is no SavedModel.
        MissingBackendError: if the format's package is not installed.
        OSError: if the path is a folder where a file is to be, or its own folder is not there or cannot be written.
    """
    target = user_path(path)
    if target.suffix.lower() not in _WRITERS:
        raise ValueError(
            f"path is {str(target)!r}; its ending must be .tflite (Larq Compute Engine) or .xml (OpenVINO), or there must be none "
            "(the folder of a TensorFlow SavedModel)."
        )
    if target.suffix and os.fspath(path).endswith(_SLASHES):
        raise ValueError(
            f"path is {os.fspath(path)!r}, which ends as a folder does, but {target.suffix} is a file: leave out the slash, or the "
            "ending for the folder of a TensorFlow SavedModel."
        )
    if not target.suffix:
        if target.exists() and not (target / "saved_model.pb").is_file():
            raise ValueError(f"path is {str(target)!r}, which exists and is no SavedModel; give another one, or remove it.")
    else:
        for file in (target, target.with_suffix(".bin")) if target.suffix.lower() == ".xml" else (target,):
            if file.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(file))
    check_file_place(target)
    check_backend(_BACKENDS.get(target.suffix.lower(), "keras"))
    return target


def _write_tflite(model: Any, target: Path, folder: Path) -> None:
    load_backend("lce")
    from bnn_zoo.deploy.lce.convert import convert
    from bnn_zoo.deploy.lce.interpreter import load

    content = convert(model)
    load(content)  # what the engine cannot run shows only now
    part = folder / "network.tflite"
    part.write_bytes(content)
    os.replace(part, target)


def _write_openvino(model: Any, target: Path, folder: Path) -> None:
    openvino = load_backend("openvino")
    from bnn_zoo.deploy.openvino.convert import convert

    network = convert(model)
    # The CPU plugin wants a fixed batch; readers can reshape it.
    network.reshape([1, *(-1 if side is None else side for side in model.input_shape[1:])])
    part = folder / "network.xml"
    try:
        openvino.save_model(network, str(part), compress_to_fp16=False)
    except RuntimeError as error:  # its words, "iostream error", tell neither what nor where
        raise OSError(errno.EIO, f"{os.strerror(errno.EIO)}: is the disk full?", str(target)) from error
    _move([(part.with_suffix(".bin"), target.with_suffix(".bin")), (part, target)])


def _write_saved_model(model: Any, target: Path, folder: Path) -> None:
    if not isinstance(model, keras.Model):
        check_functional(model, "deployment")  # which says what is wrong; a model of any other kind can be saved
    part = folder / "new"
    model.save(part, save_format="tf", include_optimizer=False)
    _move([(part, target)])


#: What ends the path of a folder.
_SLASHES = tuple(filter(None, (os.sep, os.altsep)))

#: Whose package writes an ending; a SavedModel is TensorFlow's own.
_BACKENDS = {".tflite": "lce", ".xml": "openvino"}

#: What writes each ending.
_WRITERS = {".tflite": _write_tflite, ".xml": _write_openvino, "": _write_saved_model}


def _move(parts: Sequence[tuple[Path, Path]]) -> None:
    """Moves files or folders to where they belong, all of them or, where one cannot be moved, none: the old ones are put back.

    The last one is what a reader begins with: it goes first and comes last, so that a move that is cut leaves nothing to be read.
    """
    kept: list[tuple[Path, Path]] = []
    moved: list[Path] = []
    try:
        for part, target in reversed(parts):
            if target.exists():
                old = part.with_name(f"old_{part.name}")
                os.replace(target, old)
                kept.append((old, target))
        for part, target in parts:
            os.replace(part, target)
            moved.append(target)
    except BaseException:
        for target in set(moved) - {target for _, target in kept}:
            target.unlink()
        for old, target in reversed(kept):
            _put_back(old, target)
        raise


def _put_back(old: Path, target: Path) -> None:
    try:
        os.replace(old, target)
    except OSError as error:
        beside = target.with_name(f"{target.name}.old")
        os.replace(old, beside)  # the folder that it lies in is about to be removed
        raise OSError(f"{target} could be neither replaced nor put back ({error}); the old one is now {beside}.") from error
