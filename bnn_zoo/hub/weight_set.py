"""What is known of a set of trained weights: one typed record, whether it comes from a config.json or from the registry."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bnn_zoo.hub.errors import WeightFileError

CONFIG_VERSION = 1

#: What the name of a weight set looks like.
TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

#: What the hash of a file looks like.
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Metric:
    """An accuracy of a weight set.

    Args:
        name: `"top-1"` or `"top-5"`.
        value: percent.
        dataset: what it was measured on, in words.
        measured_by: who measured or reported it, and how.
    """

    name: str
    value: float
    dataset: str
    measured_by: str


@dataclass(frozen=True)
class WeightSet:
    """A set of trained weights: what network they fit, how pictures are prepared for it, and where the file lies.

    Args:
        architecture: its name; None for a network that is not of the zoo, which `keras_config` describes.
        arguments: of the architecture, as JSON has them.
        input_shape: (height, width, channels), None where a size is free.
        num_classes: of the probabilities; None if not known, or without top.
        include_top: whether the file holds the network's top.
        tag: the name of the weight set, as in `birealnet.cifar10`.
        preprocessing: as JSON has it; None if not known.
        labels: class names, or the name of a packaged list ("imagenet", "cifar10"); None if not known.
        metrics: accuracies.
        license: SPDX identifier.
        dataset: what the network was trained on, in words.
        recipe: how it was trained, as JSON has it.
        format: of the file: "packed", "keras-h5" or "pytorch".
        sources: where the file can be had, in order of preference: `package:FOLDER/FILE`, `hf://USER/REPO/FILE`, `https://...`, or
            a path.
        bytes: size of the file.
        sha256: of the file.
        keras_config: of a network that is not of the zoo.
    """

    architecture: str | None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    input_shape: tuple[int | None, int | None, int] = (224, 224, 3)
    num_classes: int | None = None
    include_top: bool = True
    tag: str | None = None
    preprocessing: Mapping[str, Any] | None = None
    labels: str | tuple[str, ...] | None = None
    metrics: tuple[Metric, ...] = ()
    license: str | None = None
    dataset: str | None = None
    recipe: Mapping[str, Any] | None = None
    format: str = "packed"
    sources: tuple[str, ...] = ()
    bytes: int | None = None
    sha256: str | None = None
    keras_config: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        return f"{self.architecture or 'network'}.{self.tag}" if self.tag else self.architecture or "network"

    @property
    def arguments_text(self) -> str:
        """The arguments as a call has them, `filters=32, stem='cifar'`; empty where there are none."""
        return ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())


def to_json(weights: WeightSet) -> dict[str, Any]:
    """The record as JSON has it; what is not known is left out."""
    values: dict[str, Any] = {"config_version": CONFIG_VERSION}
    for name in WeightSet.__dataclass_fields__:
        value = getattr(weights, name)
        if name == "metrics":
            value = [vars(metric) for metric in value]
        elif isinstance(value, tuple):
            value = list(value)
        elif isinstance(value, Mapping):
            value = dict(value)
        if value not in (None, [], {}) or name == "architecture":
            values[name] = value
    return values


def from_json(values: Any, where: str) -> WeightSet:
    """The record that JSON holds, every field checked.

    Args:
        values: as json.loads gives them.
        where: a file's name, for messages.

    Raises:
        WeightFileError: naming the field, what it holds, and what is allowed.
    """
    if not isinstance(values, dict):
        raise WeightFileError(f"{where}: expected a JSON object, found {type(values).__name__}.")
    values = dict(values)
    version = values.pop("config_version", None)
    if version is None:
        raise WeightFileError(f"{where}: has no config_version, so that it is no configuration of bnn_zoo's.")
    if type(version) is not int or version != CONFIG_VERSION:
        raise WeightFileError(
            f"{where}: config_version is {version!r:.100}, this bnn_zoo reads {CONFIG_VERSION}; a newer bnn_zoo may read it."
        )
    unknown = sorted(set(values) - set(WeightSet.__dataclass_fields__))
    if unknown:
        allowed = ", ".join(WeightSet.__dataclass_fields__)
        raise WeightFileError(f"{where}: unknown field {unknown[0]!r:.100}; allowed are {allowed}.")
    for name, (kinds, words) in _KINDS.items():
        # To Python true is a number; to JSON it is not.
        if name in values and (not isinstance(values[name], kinds) or (type(values[name]) is bool) != (kinds is bool)):
            raise WeightFileError(f"{where}: the field {name!r} must be {words}; it is {values[name]!r:.100}.")
    if "architecture" not in values:
        raise WeightFileError(f"{where}: the field 'architecture' is missing.")
    if values["architecture"] is None and not values.get("keras_config"):
        raise WeightFileError(f"{where}: either 'architecture' or 'keras_config' must say what network this is.")
    for name, (fits, words) in _RANGES.items():
        if name in values and not fits(values[name]):
            raise WeightFileError(f"{where}: the field {name!r} must be {words}; it is {values[name]!r:.100}.")
    values["metrics"] = tuple(_metric(entry, where) for entry in values.get("metrics", ()))
    values["sources"] = tuple(_strings(values.get("sources", []), "sources", where))
    if isinstance(values.get("labels"), list):
        values["labels"] = tuple(_strings(values["labels"], "labels", where))
    if "input_shape" in values:
        values["input_shape"] = _shape(values["input_shape"], where)
    return WeightSet(**values)


_KINDS: dict[str, tuple[Any, str]] = {
    "architecture": ((str, type(None)), "a string or null"),
    "arguments": (dict, "an object"),
    "input_shape": (list, "a list of three numbers"),
    "num_classes": (int, "a whole number"),
    "include_top": (bool, "true or false"),
    "tag": (str, "a string"),
    "preprocessing": (dict, "an object"),
    "labels": ((str, list), "a string or a list of strings"),
    "metrics": (list, "a list of objects"),
    "license": (str, "a string"),
    "dataset": (str, "a string"),
    "recipe": (dict, "an object"),
    "format": (str, "a string"),
    "sources": (list, "a list of strings"),
    "bytes": (int, "a whole number"),
    "sha256": (str, "a string"),
    "keras_config": (dict, "an object"),
}


_RANGES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "num_classes": (lambda number: 1 <= number < 2**31, "from 1 to 2147483647"),
    "tag": (lambda tag: TAG.fullmatch(tag) is not None, "of letters, digits, '.', '_' and '-', as in imagenet"),
    "bytes": (lambda number: number >= 0, "0 or more"),
    # A cached file is named by it.
    "sha256": (lambda digest: SHA256.fullmatch(digest) is not None, "64 hexadecimal digits in lower case"),
}


def _metric(entry: Any, where: str) -> Metric:
    kinds: dict[str, Any] = {"name": str, "value": (int, float), "dataset": str, "measured_by": str}
    if not isinstance(entry, dict) or set(entry) != set(kinds):
        raise WeightFileError(f"{where}: each of the metrics must have exactly {', '.join(kinds)}; found {entry!r:.100}.")
    for name, kind in kinds.items():
        if not isinstance(entry[name], kind) or type(entry[name]) is bool:
            raise WeightFileError(f"{where}: the metric's {name} cannot be {entry[name]!r:.100}.")
    if not 0 <= entry["value"] <= 100:
        raise WeightFileError(f"{where}: the metric's value must be from 0 to 100, percent; it is {entry['value']!r:.100}.")
    return Metric(**entry)


def _strings(value: list[Any], name: str, where: str) -> list[str]:
    if not all(isinstance(entry, str) for entry in value):
        raise WeightFileError(f"{where}: the field {name!r} must be a list of strings.")
    return value


def _shape(value: list[Any], where: str) -> tuple[int | None, int | None, int]:
    sides = [entry is None or (type(entry) is int and 0 < entry < 2**16) for entry in value]
    if len(value) != 3 or not all(sides) or value[2] is None:
        raise WeightFileError(
            f"{where}: input_shape must be [height, width, channels], positive numbers, null for a free size; it is {value!r:.100}."
        )
    return value[0], value[1], value[2]
