"""From what a user writes behind `pretrained=` to a record."""

from __future__ import annotations

import dataclasses
import os
import re
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from bnn_zoo._error_words import in_one_line
from bnn_zoo._user_path import user_path
from bnn_zoo.hub.errors import WeightFileError
from bnn_zoo.hub.folder import CONFIG, TENSORS, read_config
from bnn_zoo.hub.formats import ENDINGS
from bnn_zoo.hub.formats.pytorch_names import authors_names
from bnn_zoo.hub.formats.torch_file import is_torch_file
from bnn_zoo.hub.hub_reference import HubFile, parse_hub_reference
from bnn_zoo.hub.registry import find_weight_set, registered
from bnn_zoo.hub.sources.hugging_face import download_as_stated
from bnn_zoo.hub.weight_set import TAG, WeightSet
from bnn_zoo.models import architectures, find_architecture, plain_name, split_name
from bnn_zoo.models.architecture import arguments_to_json

#: True, a tag, a folder or file, `user/repo`, `user/repo@revision`, `hf://user/repo@revision/path`, or a record.
Reference: TypeAlias = "bool | str | os.PathLike[str] | WeightSet"

#: Behind "there is no network named ...", where a folder may have been meant.
NOR_FOLDER = ", and no such folder or file"

_FORMATS_BY_ENDING = {ending: name for name, endings in ENDINGS.items() for ending in endings}


def resolve(reference: Reference, architecture: str | None = None, include_top: bool = True) -> WeightSet:
    """The record of the weight set that a reference means.

    Args:
        reference: True for the architecture's default weight set; a tag ("cifar10"); a name with tag ("birealnet.cifar10"); a
            folder that `save_pretrained` wrote, or a weight file; `user/repo`, `user/repo@revision` or
            `hf://user/repo@revision/path/in/repo` on the Hugging Face Hub, the path being that of a folder or a weight file; or a
            record. What is on this machine comes first: `hf://user/repo` means the Hub where a folder user/repo exists.
        architecture: its name, for True, tags, and files that do not say.
        include_top: False prefers a file without the top, where the registry has one.

    Returns:
        The record. Of a Hub repository, config.json was downloaded for it.

    Raises:
        ValueError: if the reference means nothing, or another architecture.
        WeightFileError: if its configuration cannot be had or read.
    """
    if architecture is not None:
        architecture = find_architecture(architecture).name
    weights = _find(reference, architecture, include_top)
    if architecture is not None and weights.architecture not in (None, architecture):
        raise ValueError(
            f"pretrained={reference!r} holds weights of {weights.architecture}, not of {architecture}; "
            f"use create_model({weights.architecture!r}, pretrained=...)."
        )
    if architecture is not None and weights.architecture is None and weights.keras_config is not None:
        raise ValueError(f"pretrained={reference!r} holds a network that is not of the zoo; use load_pretrained({reference!r}).")
    return weights


def as_found(weights: WeightSet, path: Path) -> WeightSet:
    """The record of a file that lies here now, which may be PyTorch's whatever it is called: those of A&B BNN are named .h5.

    Args:
        weights: the record, its format told by the file's name.
        path: the file.

    Raises:
        WeightFileError: if it is PyTorch's, and nobody's checkpoints of that network are known.
    """
    if weights.format == "pytorch" or not is_torch_file(path):
        return weights
    arguments = {**_authors_arguments(weights.architecture), **weights.arguments}
    return dataclasses.replace(weights, format="pytorch", arguments=arguments)


def _find(reference: Reference, architecture: str | None, include_top: bool) -> WeightSet:
    if isinstance(reference, WeightSet):
        return reference
    if reference is True:
        return find_weight_set(_needed(architecture, reference), None, include_top)
    text = os.fspath(reference) if isinstance(reference, (str, os.PathLike)) else None
    if not isinstance(text, str) or not text or "\0" in text:
        raise ValueError(
            f"pretrained={reference!r} is no reference; it must be True, a tag, a folder or file, or a Hub repository USER/REPO."
        )
    if text.startswith("hf://"):
        return _of_hub(parse_hub_reference(text) or _meaningless(text), architecture)
    on_disk = _on_disk(reference if isinstance(reference, os.PathLike) else text, architecture)
    if on_disk is not None:
        return on_disk
    place = parse_hub_reference(text)
    if place is not None:
        return _of_hub(place, architecture)
    if not isinstance(reference, str) or "/" in text or "\\" in text or text.startswith((".", "~")):
        _meaningless(text)
    return _of_name(text, architecture, include_top)


def _meaningless(text: str) -> NoReturn:
    raise WeightFileError(
        f"pretrained={text!r:.300}: there is no such folder or file, and it is no Hub reference ([hf://]USER/REPO[@REVISION][/PATH])."
    )


def _of_name(text: str, architecture: str | None, include_top: bool) -> WeightSet:
    name, tag = split_name(text)
    whole = tag is not None and plain_name(name) in map(plain_name, architectures())
    if architecture is not None and (text in _tags(architecture) or not whole):
        return find_weight_set(architecture, text, include_top)
    return find_weight_set(find_architecture(name, NOR_FOLDER).name, tag, include_top)


def _needed(architecture: str | None, reference: object) -> str:
    if architecture is None:
        raise ValueError(f"pretrained={reference!r} needs the name of an architecture, as in 'birealnet.cifar10'.")
    return architecture


def _on_disk(reference: str | os.PathLike[str], architecture: str | None) -> WeightSet | None:
    """The record of a folder or file; None if there is none, and the reference may mean something else."""
    text = os.fspath(reference)
    try:
        path = user_path(text)
        is_folder, is_file = path.is_dir(), path.is_file()
    except (OSError, ValueError) as error:  # a name that the system cannot have
        raise WeightFileError(f"pretrained={text!r:.300}: no folder or file ({in_one_line(error, 200)}).") from error
    if is_folder and not (_is_name(reference, architecture) and not (path / CONFIG).is_file()):
        return read_config(path)
    if path.suffix in _FORMATS_BY_ENDING:
        if not is_file:
            raise WeightFileError(f"{path}: there is no such file.")
        if path.name == TENSORS and (path.parent / CONFIG).is_file():
            return read_config(path.parent)
        # Absolute, so that a name with a colon in it is not read as a scheme.
        return as_found(_bare(str(path.absolute()), _FORMATS_BY_ENDING[path.suffix], architecture), path)
    if is_file and not _is_name(reference, architecture):
        raise WeightFileError(f"{path}: a weight file's name must end in {', '.join(_FORMATS_BY_ENDING)}.")
    return None


def _is_name(reference: object, architecture: str | None) -> bool:
    """Whether a word is the tag of a weight set, or its whole name: a folder or file that happens to be called so is not meant."""
    # Of what can be neither the registries are not asked: one that cannot be had would be in the way of a path.
    if not isinstance(reference, str) or TAG.fullmatch(reference) is None:
        return False
    name, tag = split_name(reference)
    known = {plain_name(entry): entry for entry in architectures()}
    whole = plain_name(name) in known and tag is not None and tag in _tags(known[plain_name(name)])
    return whole or (architecture is not None and reference in _tags(architecture))


def _tags(architecture: str) -> list[str | None]:
    return [weights.tag for weights in registered(architecture)]


def _bare(source: str, file_format: str, architecture: str | None) -> WeightSet:
    entry = find_architecture(_needed(architecture, source))
    arguments = _authors_arguments(entry.name) if file_format == "pytorch" else {}
    return WeightSet(entry.name, arguments, input_shape=entry.input_shape, format=file_format, sources=(source,))


def _authors_arguments(architecture: str | None) -> dict[str, Any]:
    return arguments_to_json(authors_names(architecture).arguments)


def _of_hub(place: HubFile, architecture: str | None) -> WeightSet:
    folder, _, file = place.path.rpartition("/")
    ending = Path(file).suffix
    if ending in _FORMATS_BY_ENDING and file != TENSORS:
        return _bare(str(place), _FORMATS_BY_ENDING[ending], architecture)
    if file not in (TENSORS, CONFIG):
        folder = place.path
    prefix = f"{folder}/" if folder else ""
    config = download_as_stated(dataclasses.replace(place, path=prefix + CONFIG))
    weights = read_config(config.parent)
    # Of the same commit as the configuration: somebody may push a new one between the two downloads.
    tensors = HubFile(place.repo, _commit_of(config, prefix + CONFIG) or place.revision, prefix + TENSORS)
    return dataclasses.replace(weights, sources=(str(tensors),))


def _commit_of(path: Path, name: str) -> str | None:
    """The commit that a file in huggingface_hub's cache belongs to: .../snapshots/COMMIT/NAME."""
    *_, snapshots, commit = ("", "", *path.parts[: -len(Path(name).parts)])
    return commit if snapshots == "snapshots" and re.fullmatch("[0-9a-f]{40}", commit) else None
