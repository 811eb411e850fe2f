"""What a model file declares: a network as a function of tensors, with its name, its paper and its published figures."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from bnn_zoo._keras import Tensor
from bnn_zoo.blocks.binarization import Binarization


@dataclass(frozen=True)
class Paper:
    """Where a network was published."""

    title: str
    authors: str
    year: int
    arxiv: str

    @property
    def url(self) -> str:
        return f"https://arxiv.org/abs/{self.arxiv}"


@dataclass(frozen=True)
class Published:
    """An accuracy that somebody else reported: percent, on the data set's usual test split."""

    dataset: str
    top1: float
    top5: float | None
    source: str


@dataclass(frozen=True)
class Architecture:
    """A network without weights.

    Args:
        name: as in `create_model(name)`.
        factory: the name of its public factory.
        paper: where it was published.
        build: (images, num_classes, **arguments) to probabilities, or to features where `num_classes` is None.
        published: accuracies reported by others.
        input_shape: (height, width, channels) unless told otherwise.
        num_classes: unless told otherwise.
        per_pixel: whether the probabilities are those of every pixel, (batch, height, width, classes).
    """

    name: str
    factory: str
    paper: Paper
    build: Callable[..., Tensor] = field(repr=False)
    published: tuple[Published, ...] = ()
    input_shape: tuple[int, int, int] = (224, 224, 3)
    num_classes: int = 1000
    per_pixel: bool = False

    @property
    def defaults(self) -> dict[str, Any]:
        """The network's own arguments and their default values."""
        parameters = list(inspect.signature(self.build).parameters.values())[2:]
        return {parameter.name: parameter.default for parameter in parameters}

    def check_own(self, names: Iterable[str]) -> None:
        """Refuses names that are none of the network's own arguments.

        Raises:
            ValueError: naming the first.
        """
        unknown = sorted(set(names) - set(self.defaults))
        if unknown:
            raise ValueError(f"{self.factory} has no argument {unknown[0]!r}; its own are {', '.join(self.defaults)}.")

    def __call__(self, x: Tensor, num_classes: int | None = None, **arguments: Any) -> Tensor:
        return self.build(x, num_classes, **arguments)


def architecture(
    name: str, factory: str, paper: Paper, published: tuple[Published, ...] = (), **usual: Any
) -> Callable[[Callable[..., Tensor]], Architecture]:
    """Turns a function of tensors into an `Architecture`."""

    def declare(build: Callable[..., Tensor]) -> Architecture:
        return Architecture(name, factory, paper, build, published, **usual)

    return declare


def variant(
    entry: Architecture, name: str, factory: str, published: tuple[Published, ...], summary: str, **defaults: Any
) -> Architecture:
    """The same network with other default arguments, under a name of its own.

    Args:
        entry: what it is a variant of.
        name: as in `create_model(name)`.
        factory: the name of its public factory.
        published: accuracies reported by others.
        summary: the first line of its documentation.
        defaults: the arguments that differ.
    """
    build = functools.partial(entry.build, **defaults)
    _, _, own = (inspect.getdoc(entry.build) or "").partition("\n\nArgs:\n")
    build.__doc__ = f"{summary}\n\nArgs:\n{own}"
    return replace(entry, name=name, factory=factory, published=published, build=build)


def arguments_to_json(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of an architecture as JSON values.

    Raises:
        TypeError: for a value that JSON cannot hold, such as a quantizer given as a callable.
    """
    return {name: _to_json(name, value) for name, value in arguments.items()}


def _to_json(name: str, value: Any) -> Any:
    if isinstance(value, Binarization):
        return {key: _to_json(f"{name}.{key}", entry) for key, entry in asdict(value).items()}
    if isinstance(value, (tuple, list)):
        return [_to_json(name, entry) for entry in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(
        f"the argument {name}={value!r} cannot be written to a configuration; give quantizers, constraints, initializers by name."
    )


def arguments_from_json(entry: Architecture, values: Mapping[str, Any]) -> dict[str, Any]:
    """The inverse of `arguments_to_json`.

    Raises:
        ValueError: for an argument that the architecture does not have, or a record that cannot be read.
    """
    entry.check_own(values)
    defaults = entry.defaults
    return {name: _from_json(name, value, defaults[name]) for name, value in values.items()}


def _from_json(name: str, value: Any, default: Any) -> Any:
    if isinstance(default, Binarization):
        known = {entry.name for entry in fields(Binarization)}
        if not isinstance(value, dict) or not set(value) <= known:
            raise ValueError(f"the argument {name} must be a record with fields among {', '.join(sorted(known))}; got {value!r}.")
        return replace(default, **value)
    return tuple(value) if isinstance(value, list) else value
