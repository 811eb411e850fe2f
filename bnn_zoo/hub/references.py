"""From what a user writes behind `pretrained=` to a record."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TypeAlias

from bnn_zoo.hub.errors import WeightFileError
from bnn_zoo.hub.folder import CONFIG, TENSORS, read_config
from bnn_zoo.hub.registry import find_weight_set
from bnn_zoo.hub.sources.hugging_face import HubFile, download, parse_hub_reference
from bnn_zoo.hub.weight_set import WeightSet

#: True, a tag, a folder or file, `user/repo`, `user/repo@revision`, `hf://user/repo@revision/path`, or a record.
Reference: TypeAlias = "bool | str | os.PathLike[str] | WeightSet"

_FORMATS_BY_ENDING = {".safetensors": "packed", ".h5": "keras-h5", ".hdf5": "keras-h5"}


def resolve(reference: Reference, architecture: str | None = None, include_top: bool = True) -> WeightSet:
    """The record of the weight set that a reference means.

    Args:
        reference: True for the architecture's default weight set; a tag ("cifar10"); a name with tag ("birealnet.cifar10"); a
            folder that `save_pretrained` wrote, or a weight file; `user/repo`, `user/repo@revision` or
            `hf://user/repo@revision/path/in/repo` on the Hugging Face Hub; or a record.
        architecture: its name, for True, tags, and files that do not say.
        include_top: False prefers a file without the top, where the registry has one.

    Returns:
        The record. Of a Hub repository, config.json was downloaded for it.

    Raises:
        ValueError: if the reference means nothing, or another architecture.
        WeightFileError: if its configuration cannot be had or read.
    """
    weights = _find(reference, architecture, include_top)
    if architecture is not None and weights.architecture not in (None, architecture):
        raise ValueError(
            f"pretrained={reference!r} holds weights of {weights.architecture}, not of {architecture}; "
            f"use create_model({weights.architecture!r}, pretrained=...)."
        )
    if architecture is not None and weights.architecture is None and weights.keras_config is not None:
        raise ValueError(f"pretrained={reference!r} holds a network that is not of the zoo; use load_pretrained({reference!r}).")
    return weights


def _find(reference: Reference, architecture: str | None, include_top: bool) -> WeightSet:
    if isinstance(reference, WeightSet):
        return reference
    if reference is True:
        return find_weight_set(_needed(architecture, reference), None, include_top)
    if not isinstance(reference, (str, os.PathLike)):
        raise ValueError(
            f"pretrained={reference!r} is no reference; it must be True, a tag, a folder or file, or a Hub repository USER/REPO."
        )
    text = os.fspath(reference)
    path = Path(text).expanduser()
    if path.is_dir():
        return read_config(path)
    if path.suffix in _FORMATS_BY_ENDING and not text.startswith("hf://"):
        return _of_file(path, architecture)
    place = parse_hub_reference(text)
    if place is not None:
        return _of_hub(place, architecture)
    if text.startswith(("hf://", ".", "/", "~")) or not isinstance(reference, str) or "/" in text or "\\" in text:
        raise WeightFileError(
            f"pretrained={text!r}: there is no such folder or file, and it is no Hub reference "
            "([hf://]USER/REPO[@REVISION][/PATH])."
        )
    if architecture is None:
        name, separator, tag = text.partition(".")
        return find_weight_set(name, tag if separator else None, include_top)
    return find_weight_set(architecture, text, include_top)


def _needed(architecture: str | None, reference: object) -> str:
    if architecture is None:
        raise ValueError(f"pretrained={reference!r} needs the name of an architecture, as in 'birealnet.cifar10'.")
    return architecture


def _of_file(path: Path, architecture: str | None) -> WeightSet:
    if not path.is_file():
        raise WeightFileError(f"{path}: there is no such file.")
    if path.name == TENSORS and (path.parent / CONFIG).is_file():
        return read_config(path.parent)
    return WeightSet(_needed(architecture, str(path)), format=_FORMATS_BY_ENDING[path.suffix], sources=(str(path),))


def _of_hub(place: HubFile, architecture: str | None) -> WeightSet:
    ending = Path(place.path).suffix
    if ending in _FORMATS_BY_ENDING and Path(place.path).name != TENSORS:
        return WeightSet(
            _needed(architecture, place.path),
            format=_FORMATS_BY_ENDING[ending],
            sources=(_source(place, place.path),),
        )
    folder = place.path.removesuffix(TENSORS).rstrip("/")
    prefix = f"{folder}/" if folder else ""
    config = download(dataclasses.replace(place, path=prefix + CONFIG))
    weights = read_config(config.parent)
    return dataclasses.replace(weights, sources=(_source(place, prefix + TENSORS),))


def _source(place: HubFile, path: str) -> str:
    return f"hf://{place.repo}{f'@{place.revision}' if place.revision else ''}/{path}"
